package io.runtape.delivery;

import io.runtape.run.ThreadPosition;
import org.jspecify.annotations.Nullable;

/**
 * A place among the runs of a thread.
 *
 * @param ordinal the ordinal of the run in which it lies
 * @param inRun where in that run; null for all of the run
 */
record ThreadPlace(long ordinal, @Nullable ReplayPlace inRun) {

    /** The place of a {@link ThreadPosition}. */
    static ThreadPlace at(long position) {
        long sequence = ThreadPosition.sequence(position);
        return new ThreadPlace(
                ThreadPosition.ordinal(position), sequence == 0 ? null : new ReplayPlace(sequence, false));
    }
}
