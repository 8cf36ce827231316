package io.runtape.journal.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.runtape.access.Owner;
import io.runtape.run.ArrivedFrame;
import io.runtape.run.BlockFormat;
import io.runtape.run.FrameBlock;
import io.runtape.run.IdempotencyKey;
import io.runtape.run.RunEnd;
import io.runtape.run.RunHead;
import io.runtape.run.RunKey;
import io.runtape.run.RunOutcome;
import io.runtape.run.RunStart;
import io.runtape.run.RunStatus;
import io.runtape.run.RunTotals;
import io.runtape.sse.FrameKind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** The commits of an imaginary run, one for each kind of write; with frames that are compressed, so that the library is there. */
final class Rehearsal {

    private Rehearsal() {}

    static List<CommitBatch> ofNode(long nodeId) {
        Instant now = Instant.now();
        // An id for this node alone, so that gateways which start together do not wait for each other.
        String id = "rehearsal-" + nodeId;
        byte[] bytes = id.getBytes(UTF_8);
        RunKey run = new RunKey(RunKey.beforeFirst(nodeId), id, id, id, now);
        IdempotencyKey key = new IdempotencyKey(id, id, Duration.ofSeconds(1));
        RunStart start = new RunStart(
                id, new Owner(id), id, id, id, "/", "default", true, now, id, "{}", "{}", null, bytes, key);
        RunHead head = new RunHead(id, 200, id, "[]", true, 1L);
        FrameBlock frames = new FrameBlock(1, 1, bytes.length);
        frames.add(new ArrivedFrame(FrameKind.EVENT, bytes, 0, bytes.length, 0, id, "", 0));
        byte[] many = new byte[BlockFormat.COMPRESSED_FROM];
        frames.add(new ArrivedFrame(FrameKind.EVENT, many, 0, many.length, 0, id, "", 0));
        RunTotals totals = RunTotals.NONE.plus(frames);
        RunEnd end = new RunEnd(RunStatus.COMPLETED, null, false, now, RunOutcome.UNKNOWN);
        return List.of(
                batch(new RunWrite(run, start, null, null, null, null, RunTotals.NONE, null, 0)),
                batch(new RunWrite(run, null, head, id, null, null, RunTotals.NONE, null, 0)),
                batch(new RunWrite(run, null, null, null, frames, null, totals, null, 0)),
                batch(new RunWrite(run, null, null, null, null, end, totals, null, 0)));
    }

    private static CommitBatch batch(RunWrite write) {
        CommitBatch batch = new CommitBatch();
        batch.add(write);
        return batch;
    }
}
