package io.runtape.journal;

import io.runtape.journal.sql.RunWrite;
import io.runtape.run.ArrivedFrame;
import io.runtape.run.BodyDigest;
import io.runtape.run.FrameBlock;
import io.runtape.run.RunEnd;
import io.runtape.run.RunHead;
import io.runtape.run.RunKey;
import io.runtape.run.RunStart;
import io.runtape.run.RunTotals;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The part of a run that waits to be written: its start, the head of its response, its next frames and its end. The
 * first end stays, and nothing follows it.
 *
 * <p>Guarded by the {@link RunJournal} that it belongs to, except for {@link #start()}, which is safe for any thread.
 */
final class UnwrittenRun {

    private static final int FRAMES_EXPECTED = 4;
    private static final int BYTES_EXPECTED = 1024;

    /**
     * A block reserves as much room as the previous one had, up to this: one burst must not make every later block
     * large.
     */
    private static final int BYTES_EXPECTED_MAX = 64 << 10;

    private volatile RunStart start;
    private final long rowBytes;
    private boolean startTaken;
    private boolean headTaken;
    private boolean endTaken;
    private @Nullable RunHead head;
    private @Nullable String upstreamRunId;
    private @Nullable FrameBlock frames;
    private @Nullable RunEnd end;
    private RunTotals taken = RunTotals.NONE;
    /** Of all frames that were taken; null once some of them may never be stored. */
    private @Nullable BodyDigest digest = new BodyDigest();

    private int framesLastBlock = FRAMES_EXPECTED;
    private int bytesLastBlock = BYTES_EXPECTED;

    UnwrittenRun(RunStart start) {
        this.start = start;
        this.rowBytes = start.bytes();
    }

    /** The facts from the run's beginning; without the request once the committer has taken it. */
    RunStart start() {
        return start;
    }

    void head(RunHead response) {
        head = response;
    }

    void named(String id) {
        upstreamRunId = id;
    }

    /** Appends a frame; returns how much it adds to {@link FrameBlock#weight}. */
    int append(ArrivedFrame frame) {
        FrameBlock block = frames;
        if (block == null) {
            block = new FrameBlock(taken.frames() + 1, framesLastBlock, Math.max(bytesLastBlock, frame.length()));
            frames = block;
        }
        return block.add(frame);
    }

    boolean hasEnd() {
        return end != null;
    }

    /** Whether the end is written, or its write is under way. */
    boolean isEndTaken() {
        return endTaken;
    }

    /** Sets the end; replaces an end that waits, if there is one. */
    void end(RunEnd how) {
        end = how;
    }

    /** Nothing more of the run will ever be written, not even its end. */
    void neverEnds(RunEnd how) {
        end = how;
        endTaken = true;
    }

    /** Takes everything that waits, as one write of this run; null if nothing waits. */
    @Nullable
    RunWrite take(RunKey run) {
        RunStart newStart = startTaken ? null : start;
        if (!startTaken) {
            startTaken = true;
            start = start.withoutRequest();
        }
        RunHead newHead = head;
        head = null;
        String newId = upstreamRunId;
        upstreamRunId = null;
        FrameBlock newFrames = frames;
        frames = null;
        RunEnd newEnd = endTaken ? null : end;
        if (newEnd != null) {
            endTaken = true;
            end = newEnd.withoutOutcome();
        }
        if (newHead == null && newEnd != null && !headTaken) {
            newHead = RunHead.none(start.threadId(), start.stream());
        }
        headTaken |= newHead != null;
        if (newFrames != null) {
            taken = taken.plus(newFrames);
            if (digest != null) {
                digest.add(newFrames);
            }
            framesLastBlock = Math.max(FRAMES_EXPECTED, newFrames.count());
            bytesLastBlock = Math.max(BYTES_EXPECTED, Math.min(newFrames.length(), BYTES_EXPECTED_MAX));
        }
        if (newStart == null && newHead == null && newId == null && newFrames == null && newEnd == null) {
            return null;
        }
        String body = newEnd == null || digest == null ? null : digest.hex();
        return new RunWrite(run, newStart, newHead, newId, newFrames, newEnd, taken, body, rowBytes);
    }

    /** Drops the head, the id and the frames that wait; returns the frames, or null if none waited. */
    @Nullable
    FrameBlock drop() {
        FrameBlock dropped = frames;
        frames = null;
        head = null;
        upstreamRunId = null;
        return dropped;
    }

    /**
     * These writes were taken last, and are not in the tables and never will be: goes back to the durable state and
     * ends there.
     *
     * @return whether the end waits to be written; it does not if the run has no row
     */
    boolean goBack(List<RunWrite> writes, RunTotals durable, RunEnd broken) {
        taken = durable;
        digest = null;
        end = broken;
        endTaken = false;
        for (RunWrite write : writes) {
            headTaken &= write.head() == null;
            endTaken |= write.start() != null;
        }
        return !endTaken;
    }
}
