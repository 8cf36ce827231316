package io.runtape.journal.sql;

import io.runtape.run.BodyDigest;
import io.runtape.run.FrameBlock;
import io.runtape.run.RunEnd;
import io.runtape.run.RunHead;
import io.runtape.run.RunKey;
import io.runtape.run.RunStart;
import io.runtape.run.RunTotals;
import org.jspecify.annotations.Nullable;

/**
 * One run's part of a commit: any of its start, the head of its response, the agent API's id of it, its next frames and
 * its end, in this order.
 *
 * @param run the run
 * @param start the beginning of its row; null if it has a row
 * @param head what the response's head adds to the row; null if none came, or it is written already
 * @param upstreamRunId the agent API's id of the run, if an event has told it since the last write; otherwise null
 * @param frames the frames that follow the written ones; null if there are none
 * @param end how the run ended; null if it goes on, or the end is written already
 * @param totals the run's totals once this write is durable
 * @param digest the digest of the run's body, see {@link BodyDigest}; null unless the run ends, or if it is not known
 * @param rowBytes about how many bytes the rest of the run's row has: H2 writes all of it with each change
 */
public record RunWrite(
        RunKey run,
        @Nullable RunStart start,
        @Nullable RunHead head,
        @Nullable String upstreamRunId,
        @Nullable FrameBlock frames,
        @Nullable RunEnd end,
        RunTotals totals,
        @Nullable String digest,
        long rowBytes) {

    /** Whether the run begins with this write, and must get its idempotency key first. */
    public boolean claimsKey() {
        return start != null && start.key() != null;
    }

    boolean framesOnly() {
        return start == null && head == null && upstreamRunId == null && end == null;
    }
}
