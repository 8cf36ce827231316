package io.runtape.delivery;

import io.runtape.error.ApiException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A place in a recording that a caller names.
 *
 * @param number the sequence of a frame, or a time in microseconds after the beginning
 * @param isTime whether it is a time
 */
record ReplayPlace(long number, boolean isTime) {

    /** Sequences have no sign; a plus sign that was not encoded arrives as a space. */
    private static final Pattern TIME = Pattern.compile("[+ ]?([0-9]{1,9}(?:\\.[0-9]{1,6})?)(ms|s|m|h)");

    private static final Map<String, Long> UNIT_MICROS =
            Map.of("ms", 1_000L, "s", 1_000_000L, "m", 60_000_000L, "h", 3_600_000_000L);

    /**
     * Reads a place.
     *
     * @param name the parameter's name
     * @param value what the caller sent; null if nothing
     * @return null if there is no value
     * @throws ApiException 400 if it is neither a sequence nor a time
     */
    static @Nullable ReplayPlace read(String name, @Nullable String value) {
        if (value == null) {
            return null;
        }
        Matcher time = TIME.matcher(value);
        if (time.matches()) {
            BigDecimal micros = new BigDecimal(time.group(1))
                    .multiply(BigDecimal.valueOf(UNIT_MICROS.getOrDefault(time.group(2), 0L)));
            return new ReplayPlace(micros.setScale(0, RoundingMode.DOWN).longValueExact(), true);
        }
        try {
            long sequence = Long.parseLong(value);
            if (sequence >= 1 && value.chars().allMatch(c -> c >= '0' && c <= '9')) {
                return new ReplayPlace(sequence, false);
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw ApiException.invalid("The parameter " + name
                + " must be a sequence from 1 on, or a time after the beginning such as +90s, +1.5m or +250ms.");
    }
}
