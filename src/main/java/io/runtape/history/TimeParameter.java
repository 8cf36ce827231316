package io.runtape.history;

import io.runtape.error.ApiException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAccessor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A point in time as callers write it: ISO 8601, in UTC if it names no offset, milliseconds since 1970, or how long ago it was,
 * such as {@code -24h}. Stored times are in microseconds: one in between is the next of them, which leaves out the same runs.
 */
final class TimeParameter {

    private static final Pattern EPOCH_MILLIS = Pattern.compile("-?[0-9]{1,15}");

    private static final Pattern AGO = Pattern.compile("-([0-9]{1,9})([smhdw])");

    /**
     * Numbers below this are refused as seconds. As milliseconds they lie in the years 1966 to 1973, when nothing was
     * recorded; as seconds, in the next 3,000 years.
     */
    private static final long SURELY_SECONDS = 100_000_000_000L;

    /** The earliest time that every database and every client can hold; the latest is {@link ListFilter#LATEST}. */
    private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");

    private TimeParameter() {}

    static Instant read(String name, String text) {
        Matcher ago = AGO.matcher(text);
        Instant time = EPOCH_MILLIS.matcher(text).matches()
                ? ofMillis(name, Long.parseLong(text))
                : ago.matches() ? ago(Long.parseLong(ago.group(1)), ago.group(2)) : iso(name, text);
        if (!isStorable(time)) {
            throw notTime(name);
        }
        return time.plusNanos(999).truncatedTo(ChronoUnit.MICROS);
    }

    /** The beginning of 1970 is the same number in seconds. */
    private static Instant ofMillis(String name, long millis) {
        if (millis != 0 && Math.abs(millis) < SURELY_SECONDS) {
            throw ApiException.invalid(
                    name + " is in milliseconds since 1970, and " + millis + " looks like seconds. Write "
                            + Math.multiplyExact(millis, 1000) + " or " + Instant.ofEpochSecond(millis) + ".");
        }
        return Instant.ofEpochMilli(millis);
    }

    private static Instant ago(long count, String unit) {
        Duration one = Duration.ofSeconds(
                switch (unit) {
                    case "s" -> 1;
                    case "m" -> 60;
                    case "h" -> 3600;
                    case "d" -> 86_400;
                    default -> 7 * 86_400;
                });
        return Instant.now().minus(one.multipliedBy(count));
    }

    /** Whether a database can take this time in a query. */
    static boolean isStorable(Instant time) {
        return !time.isBefore(EARLIEST) && !time.isAfter(ListFilter.LATEST);
    }

    private static Instant iso(String name, String text) {
        // The plus sign of an offset arrives as a space if the client did not percent-encode it.
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
                + " 2026-01-01T00:00:00Z, in milliseconds since 1970, or relative such as -24h, in s, m, h, d or w.");
    }
}
