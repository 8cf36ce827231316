package io.runtape.json;

import java.math.BigDecimal;

/** One spelling for all numbers of JSON that are equal, by all of their digits: no number type holds each of them. */
public final class NumberSpelling {

    /** A number is written out with so many digits at the most: whatever a double holds is. */
    private static final int DIGITS_MAX = 345;

    private NumberSpelling() {}

    /** The spelling of a number of JSON; of one that is very long, or very large or small, it may be its own. */
    public static String of(String number) {
        if (number.length() > DIGITS_MAX) {
            return number;
        }
        BigDecimal value;
        try {
            value = new BigDecimal(number).stripTrailingZeros();
        } catch (NumberFormatException | ArithmeticException noExponent) {
            return number;
        }
        return Math.abs((long) value.scale()) <= DIGITS_MAX ? value.toPlainString() : value.toString();
    }
}
