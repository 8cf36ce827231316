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
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * How the gateway's JSON is written. Every timestamp is ISO 8601 in UTC with six digits after the point, which is what the
 * database holds, and so always of one length and sorts as text.
 */
@Singleton
final class JsonFormat implements ObjectMapperCustomizer {

    /**
     * What an agent API sent may nest as deep as it was read, which is 1,000 levels, and lies a few levels deep in our
     * answers.
     */
    private static final int DEPTH_MAX = 1100;

    private static final DateTimeFormatter MICROS = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    @Override
    public void customize(ObjectMapper mapper) {
        mapper.registerModule(new SimpleModule("runtape-timestamps").addSerializer(Instant.class, new Timestamp()));
        mapper.getFactory()
                .setStreamWriteConstraints(StreamWriteConstraints.builder()
                        .maxNestingDepth(DEPTH_MAX)
                        .build());
    }

    /** After Quarkus' own, whose serializer of timestamps this one takes the place of. */
    @Override
    public int priority() {
        return MINIMUM_PRIORITY;
    }

    private static final class Timestamp extends JsonSerializer<Instant> {
        @Override
        public void serialize(Instant value, JsonGenerator to, SerializerProvider serializers) throws IOException {
            to.writeString(MICROS.format(value));
        }
    }
}
