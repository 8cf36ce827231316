package io.runtape.journal.sql;

import io.runtape.run.FrameBlock;
import io.runtape.run.RunKey;
import io.runtape.run.RunStart;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The writes of one transaction, of all waiting runs. Confined to one thread. */
public final class CommitBatch {

    /**
     * The number of frames past which the batch takes no further run: larger commits gain no throughput, only delay.
     */
    static final int FRAMES_MAX = 8192;

    private final List<RunWrite> writes = new ArrayList<>();
    private int frames;
    private int frameWrites;
    private long bytes;
    private long weight;
    private boolean framesOnly = true;
    private Set<RunKey> keysTaken = Set.of();

    /** Adds a write of a run, behind the batch's earlier writes of that run. */
    public void add(RunWrite write) {
        writes.add(write);
        FrameBlock block = write.frames();
        if (block != null) {
            frames += block.count();
            frameWrites++;
            bytes += block.length();
            weight += block.weight();
        }
        RunStart start = write.start();
        if (start != null) {
            weight += start.bytes();
        } else if (!write.framesOnly()) {
            weight += write.rowBytes();
        }
        framesOnly &= write.framesOnly();
    }

    /** Notes the runs that are not written, since other runs have their idempotency keys. */
    public void keysTaken(Set<RunKey> runs) {
        keysTaken = runs;
    }

    /** Whether the run was not written because another run has its idempotency key; known once the batch is durable. */
    public boolean isKeyTaken(RunKey run) {
        return keysTaken.contains(run);
    }

    /**
     * Whether the batch has room for another run.
     *
     * @param bytesMax how many bytes of memory frames and requests may take before the batch is full
     */
    public boolean hasRoom(long bytesMax) {
        return frames < FRAMES_MAX && weight < bytesMax;
    }

    /** The writes in the order of adding; do not modify. */
    public List<RunWrite> writes() {
        return writes;
    }

    /** How many frames the batch holds. */
    public int frames() {
        return frames;
    }

    /** How many of its writes have frames; each is a row at least. */
    int frameWrites() {
        return frameWrites;
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
