package io.runtape.history;

import io.runtape.error.ApiException;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.RoutingContext;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The query of a request, read strictly: a value that is not allowed is refused by name and never ignored. Parameters that the
 * call does not know, and second ones where one belongs, have been refused before. Confined to one request.
 */
public final class QueryParameters {

    private static final int LIMIT_DEFAULT = 50;
    private static final int LIMIT_MAX = 500;

    /** More values of one filter than anyone means; each is a parameter of the SQL statement. */
    private static final int REPEATED_MAX = 100;

    private static final Pattern EPOCH_MILLIS = Pattern.compile("-?[0-9]{1,15}");

    /** As milliseconds, a moment of the years 1966 to 1973, when nothing was recorded; as seconds, one of the next 3,000 years. */
    private static final long SURELY_SECONDS = 100_000_000_000L;

    /** What every database and every client can hold. */
    private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");

    public static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999Z");

    private final MultiMap given;

    private QueryParameters(MultiMap given) {
        this.given = given;
    }

    /** The query of the request; one that is not well-formed has been refused with the whole URL. */
    public static QueryParameters of(RoutingContext context) {
        return new QueryParameters(context.queryParams());
    }

    /** Whether the parameter is there, with whatever value. */
    public boolean has(String name) {
        return given.contains(name);
    }

    /** The one value. */
    public Optional<String> text(String name) {
        return texts(name).stream().findFirst();
    }

    /** All values of a parameter that may be repeated. */
    public List<String> texts(String name) {
        List<String> values = given.getAll(name);
        if (values.size() > REPEATED_MAX) {
            throw ApiException.invalid(name + " may be given " + REPEATED_MAX + " times at the most.");
        }
        if (values.stream().anyMatch(value -> value.indexOf('\0') >= 0)) {
            throw ApiException.invalid(name + " must not hold the character U+0000.");
        }
        return values;
    }

    /** The one value, which must be one of these. */
    public Optional<String> oneOf(String name, List<String> allowed) {
        Optional<String> value = text(name);
        if (value.isPresent() && !allowed.contains(value.get())) {
            throw ApiException.invalid(name + " must be one of: " + String.join(", ", allowed) + ".");
        }
        return value;
    }

    /** {@code true} or {@code false}. */
    public Optional<Boolean> flag(String name) {
        return oneOf(name, List.of("true", "false")).map(Boolean::valueOf);
    }

    /** How many items to answer at the most. */
    public int limit() {
        return text("limit").map(QueryParameters::limit).orElse(LIMIT_DEFAULT);
    }

    private static int limit(String text) {
        return number(text, 1, LIMIT_MAX)
                .map(Long::intValue)
                .orElseThrow(() -> ApiException.invalid("limit must be a whole number from 1 to " + LIMIT_MAX + "."));
    }

    /** The position to begin after; 0 where none is given. */
    public long after() {
        return text("after")
                .map(text -> number(text, 0, Long.MAX_VALUE)
                        .orElseThrow(() -> ApiException.invalid("after must be a sequence: a whole number from 0 on.")))
                .orElse(0L);
    }

    private static Optional<Long> number(String text, long min, long max) {
        if (text.isEmpty() || text.length() > 19 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return Optional.empty();
        }
        try {
            long number = Long.parseLong(text);
            return number < min || number > max ? Optional.empty() : Optional.of(number);
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** A point in time: ISO 8601, in UTC where it names no offset, or milliseconds since 1970. */
    public Optional<Instant> time(String name) {
        return text(name).map(text -> {
            Instant time =
                    EPOCH_MILLIS.matcher(text).matches() ? ofMillis(name, Long.parseLong(text)) : iso(name, text);
            if (!isStorable(time)) {
                throw notTime(name);
            }
            return time;
        });
    }

    /** The beginning of 1970 is the same in seconds. */
    private static Instant ofMillis(String name, long millis) {
        if (millis != 0 && Math.abs(millis) < SURELY_SECONDS) {
            throw ApiException.invalid(
                    name + " is in milliseconds since 1970, and " + millis + " looks like seconds. Write "
                            + Math.multiplyExact(millis, 1000) + " or " + Instant.ofEpochSecond(millis) + ".");
        }
        return Instant.ofEpochMilli(millis);
    }

    /** Whether a database can be asked for this time. */
    static boolean isStorable(Instant time) {
        return !time.isBefore(EARLIEST) && !time.isAfter(LATEST);
    }

    private static Instant iso(String name, String text) {
        // The plus sign of an offset that was not percent-encoded arrives as a space.
        String written = text.replace(' ', '+');
        try {
            if (written.indexOf('T') < 0 && written.indexOf('t') < 0) {
                return LocalDate.parse(written).atStartOfDay(ZoneOffset.UTC).toInstant();
            }
            TemporalAccessor time =
                    DateTimeFormatter.ISO_DATE_TIME.parseBest(written, OffsetDateTime::from, LocalDateTime::from);
            return time instanceof OffsetDateTime offset
                    ? offset.toInstant()
                    : LocalDateTime.from(time).toInstant(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            throw notTime(name);
        }
    }

    private static ApiException notTime(String name) {
        return ApiException.invalid(name + " must be a time of the years 1 to 9999, in ISO 8601 such as"
                + " 2026-01-01T00:00:00Z or in milliseconds since 1970.");
    }

    /** Where an earlier page of this listing ended. */
    public Optional<Cursor> cursor(String listing, int fields) {
        return text("cursor").map(text -> Cursor.read(text, listing, fields));
    }
}
