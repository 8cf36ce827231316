package io.runtape.journal;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What one transaction writes, of as many runs as wait. Confined to the committer's thread. */
final class CommitBatch {

    /** Rows of frames past which no further run is taken along: larger commits gain no throughput, only delay. */
    static final int FRAMES_MAX = 8192;

    private final List<RunWrite> writes = new ArrayList<>();
    private int frames;
    private long bytes;
    private long startBytes;
    private boolean framesOnly = true;
    private Set<RunJournal> keysTaken = Set.of();

    static CommitBatch of(RunWrite one) {
        CommitBatch batch = new CommitBatch();
        batch.add(one);
        return batch;
    }

    void add(RunWrite write) {
        writes.add(write);
        FrameBlock block = write.frames();
        if (block != null) {
            frames += block.count();
            bytes += block.length();
        }
        RunStart start = write.start();
        if (start != null) {
            startBytes += start.bytes();
        }
        framesOnly &= write.framesOnly();
    }

    /** Says of which runs nothing is written, since their idempotency keys have other runs. */
    void keysTaken(Set<RunJournal> runs) {
        keysTaken = runs;
    }

    /** Whether nothing of the run is written. */
    boolean isKeyTaken(RunJournal run) {
        return keysTaken.contains(run);
    }

    /**
     * Whether another run may be taken along.
     *
     * @param bytesMax bytes of frames and requests past which none may
     */
    boolean hasRoom(long bytesMax) {
        return frames < FRAMES_MAX && bytes + startBytes < bytesMax;
    }

    List<RunWrite> writes() {
        return writes;
    }

    /** How many frames it holds. */
    int frames() {
        return frames;
    }

    /** How many bytes its frames have. */
    long bytes() {
        return bytes;
    }

    /** Whether it touches no row of a run or a thread. */
    boolean framesOnly() {
        return framesOnly;
    }
}
