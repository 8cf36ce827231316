package io.runtape.facet;

import io.runtape.facet.RunOrder.By;
import io.runtape.segment.Columns;
import org.jspecify.annotations.Nullable;

/**
 * A value of runs as a column of segments, rounded to a number of 1 to 254: values of one number are nearly the same, the largest of
 * them is up to an eighth larger than the smallest; 0 is for a value that is not known. What the numbers are must never change: they
 * are stored.
 */
enum ValueColumn {
    /** How many milliseconds a run took. */
    DURATION,

    /** How many tokens. */
    TOKENS;

    static final int UNKNOWN = 0;

    static final int FIRST = 1;

    /** That of 28 thousand million and more: as a duration, eleven months. */
    static final int LAST = Columns.UNSURE - 1;

    /** From a column's numbers to those of the terms of durations. */
    private static final int SHIFT = TraitQuery.number(0) - FIRST;

    /** The column of what a list is sorted by; null for the time. */
    static @Nullable ValueColumn of(By by) {
        return switch (by) {
            case CREATED_AT -> null;
            case DURATION_MS -> DURATION;
            case TOTAL_TOKENS -> TOKENS;
        };
    }

    /** The number of a value, which grows with it. */
    static int rounded(long value) {
        return Math.min(LAST, TraitQuery.number(value) - SHIFT);
    }

    /** The place in an order right before all values of a number that is not the order's first. */
    static Place before(int rounded, RunOrder order) {
        return order.descending()
                ? new Place(TraitQuery.smallest(rounded + 1 + SHIFT), Long.MIN_VALUE)
                : new Place(TraitQuery.smallest(rounded + SHIFT) - 1, Long.MAX_VALUE);
    }
}
