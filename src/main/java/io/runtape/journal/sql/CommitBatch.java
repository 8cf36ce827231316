package io.runtape.journal.sql;

import io.runtape.run.FrameBlock;
import io.runtape.run.RunKey;
import io.runtape.run.RunStart;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What one transaction writes, of as many runs as wait. Confined to one thread. */
public final class CommitBatch {

    /** Rows of frames past which no further run is taken along: larger commits gain no throughput, only delay. */
    static final int FRAMES_MAX = 8192;

    private final List<RunWrite> writes = new ArrayList<>();
    private int frames;
    private long bytes;
    private long weight;
    private boolean framesOnly = true;
    private Set<RunKey> keysTaken = Set.of();

    /** Adds what is written of a run, behind what the batch holds of it already. */
    public void add(RunWrite write) {
        writes.add(write);
        FrameBlock block = write.frames();
        if (block != null) {
            frames += block.count();
            bytes += block.length();
            weight += block.weight();
        }
        RunStart start = write.start();
        if (start != null) {
            weight += start.bytes();
        } else if (write.head() != null || write.end() != null) {
            weight += write.rowBytes();
        }
        framesOnly &= write.framesOnly();
    }

    /** Says of which runs nothing is written, since their idempotency keys have other runs. Said by whoever writes it. */
    public void keysTaken(Set<RunKey> runs) {
        keysTaken = runs;
    }

    /** Whether nothing of the run was written, since its idempotency key has another run; known once the batch is durable. */
    public boolean isKeyTaken(RunKey run) {
        return keysTaken.contains(run);
    }

    /**
     * Whether another run may be taken along.
     *
     * @param bytesMax what frames and requests may take in memory, past which none may
     */
    public boolean hasRoom(long bytesMax) {
        return frames < FRAMES_MAX && weight < bytesMax;
    }

    /** What was added, in that order; not to be changed. */
    public List<RunWrite> writes() {
        return writes;
    }

    /** How many frames it holds. */
    public int frames() {
        return frames;
    }

    /** How many bytes its frames have. */
    public long bytes() {
        return bytes;
    }

    /** Whether it touches no row of a run or a thread. */
    boolean framesOnly() {
        return framesOnly;
    }
}
