package io.runtape.history;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;

/**
 * How the gateway writes JSON. Every timestamp is ISO 8601 in UTC with six digits after the point, the precision of the
 * database. So all timestamps have the same length and sort as text.
 */
@Singleton
final class JsonFormat implements ObjectMapperCustomizer {

    /**
     * Values from an agent API may nest 1,000 levels deep, as the gateway reads them, and a response puts them a few
     * levels deeper.
     */
    private static final int DEPTH_MAX = 1100;

    /** Without a zone, and with a number for the digits after the point: a list has hundreds of these, and so they take half as long. */
    private static final DateTimeFormatter MICROS = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-MM-dd'T'HH:mm:ss.")
            .appendValue(ChronoField.MICRO_OF_SECOND, 6)
            .appendLiteral('Z')
            .toFormatter(Locale.ROOT);

    @Override
    public void customize(ObjectMapper mapper) {
        mapper.registerModule(new SimpleModule("runtape-timestamps").addSerializer(Instant.class, new Timestamp()));
        mapper.getFactory()
                .setStreamWriteConstraints(StreamWriteConstraints.builder()
                        .maxNestingDepth(DEPTH_MAX)
                        .build());
    }

    /** Runs after Quarkus' own customizers, because this one replaces their serializer of timestamps. */
    @Override
    public int priority() {
        return MINIMUM_PRIORITY;
    }

    private static final class Timestamp extends JsonSerializer<Instant> {
        @Override
        public void serialize(Instant value, JsonGenerator to, SerializerProvider serializers) throws IOException {
            LocalDateTime utc = LocalDateTime.ofEpochSecond(value.getEpochSecond(), value.getNano(), ZoneOffset.UTC);
            to.writeString(MICROS.format(utc));
        }
    }
}
