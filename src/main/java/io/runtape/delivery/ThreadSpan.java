package io.runtape.delivery;

import io.runtape.run.ThreadPosition;
import org.jspecify.annotations.Nullable;

/**
 * What a caller wants to see of a thread, run by run.
 *
 * @param from where it begins; null for the beginning
 * @param to where it ends, included; null for the end
 * @param after the position of what the caller has already; 0 for nothing
 */
record ThreadSpan(@Nullable ThreadPlace from, @Nullable ThreadPlace to, long after) {

    /** The ordinal of the thread's run that it begins in; 0 for the first one that there is. */
    long firstOrdinal() {
        return Math.max(from == null ? 0 : from.ordinal(), ThreadPosition.ordinal(after + 1));
    }

    /** Whether the thread's run of this ordinal lies behind it. */
    boolean endsBefore(long ordinal) {
        return to != null && to.ordinal() < ordinal;
    }

    /** The part of it that lies in the thread's run of this ordinal. */
    ReplaySpan inRun(long ordinal) {
        return new ReplaySpan(
                inRun(from, ordinal), inRun(to, ordinal), Math.max(0, after - ThreadPosition.base(ordinal)));
    }

    private static @Nullable ReplayPlace inRun(@Nullable ThreadPlace place, long ordinal) {
        return place == null || place.ordinal() != ordinal ? null : place.inRun();
    }
}
