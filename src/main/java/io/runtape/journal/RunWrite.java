package io.runtape.journal;

import org.jspecify.annotations.Nullable;

/**
 * What one commit writes of one run: any of its start, the head of its answer, its next frames and its end, in this order.
 *
 * @param totals what the run holds when this is durable
 */
record RunWrite(
        RunJournal run,
        @Nullable RunStart start,
        @Nullable RunHead head,
        @Nullable FrameBlock frames,
        @Nullable RunEnd end,
        RunTotals totals) {

    /** Whether the run begins with this, and only if it gets its idempotency key. */
    boolean claimsKey() {
        return start != null && start.key() != null;
    }

    boolean framesOnly() {
        return start == null && head == null && end == null;
    }
}
