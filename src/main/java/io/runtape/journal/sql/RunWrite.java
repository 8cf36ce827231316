package io.runtape.journal.sql;

import io.runtape.run.FrameBlock;
import io.runtape.run.RunEnd;
import io.runtape.run.RunHead;
import io.runtape.run.RunKey;
import io.runtape.run.RunStart;
import io.runtape.run.RunTotals;
import org.jspecify.annotations.Nullable;

/**
 * What one commit writes of one run: any of its start, the head of its response, its next frames and its end, in this order.
 *
 * @param run whose rows these are
 * @param start what its row begins with; null where it has one
 * @param head what the response's head adds to it; null where none came, or it is written
 * @param frames the frames that follow those that are written; null where there are none
 * @param end how it ended; null where it goes on, or that is written
 * @param totals what the run holds when this is durable
 * @param rowBytes about how many bytes the run's row has besides: H2 writes all of them with each change of it
 */
public record RunWrite(
        RunKey run,
        @Nullable RunStart start,
        @Nullable RunHead head,
        @Nullable FrameBlock frames,
        @Nullable RunEnd end,
        RunTotals totals,
        long rowBytes) {

    /** Whether the run begins with this, and only if it gets its idempotency key. */
    public boolean claimsKey() {
        return start != null && start.key() != null;
    }

    boolean framesOnly() {
        return start == null && head == null && end == null;
    }
}
