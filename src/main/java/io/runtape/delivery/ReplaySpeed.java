package io.runtape.delivery;

import io.runtape.error.ApiException;
import java.util.regex.Pattern;

/** How much faster than its recording something is played. */
public final class ReplaySpeed {

    /** Java reads more as a number than people write: {@code 0x1p3}, {@code 1d}, {@code NaN}. */
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,20})?");

    private static final double MIN = 0.1;
    private static final double MAX = 100;

    private ReplaySpeed() {}

    /**
     * Reads a speed.
     *
     * @param name of the parameter or header, as the message has it
     * @return infinite for {@code max}
     * @throws ApiException 400 if it is no speed
     */
    public static double of(String name, String value) {
        if (value.equals("max")) {
            return Double.POSITIVE_INFINITY;
        }
        if (NUMBER.matcher(value).matches()) {
            double factor = Double.parseDouble(value);
            if (factor >= MIN && factor <= MAX) {
                return factor;
            }
        }
        throw ApiException.invalid(name + " must be a number from 0.1 to 100, or max.");
    }
}
