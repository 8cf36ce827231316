package io.runtape.history.event;

/**
 * A stretch of positions.
 *
 * @param after the position that it begins after
 * @param before the position that it ends before
 * @param descending whether the last comes first
 */
record Span(long after, long before, boolean descending) {

    static Span after(long position) {
        return new Span(position, Long.MAX_VALUE, false);
    }

    /** What is left of it behind a position. */
    Span beyond(long position) {
        return descending
                ? new Span(after, Math.min(before, position), true)
                : new Span(Math.max(after, position), before, false);
    }
}
