package io.runtape.history.event;

/**
 * A range of positions.
 *
 * @param after the position that it begins after
 * @param before the position that it ends before
 * @param descending whether the last position comes first
 */
record EventRange(long after, long before, boolean descending) {

    static EventRange after(long position) {
        return new EventRange(position, Long.MAX_VALUE, false);
    }

    /** The rest of the range behind a position. */
    EventRange beyond(long position) {
        return descending
                ? new EventRange(after, Math.min(before, position), true)
                : new EventRange(Math.max(after, position), before, false);
    }
}
