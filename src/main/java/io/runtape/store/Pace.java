package io.runtape.store;

import java.util.concurrent.locks.LockSupport;

/** The pace of work beside live runs: it works for a share of the time, and rests for the other. Confined to one thread. */
public final class Pace {

    private final double restsForWork;
    private long workingSince = System.nanoTime();

    /** Works at most half of the time. */
    public Pace() {
        this(0.5);
    }

    /**
     * Works at most for this share of the time.
     *
     * @param share more than 0, at most 1
     */
    public Pace(double share) {
        this.restsForWork = (1 - share) / share;
    }

    /** The work begins now. */
    public void begin() {
        workingSince = System.nanoTime();
    }

    /** Rests for what it has worked since the last rest; less if the thread is unparked. */
    public void rest() {
        LockSupport.parkNanos(this, (long) ((System.nanoTime() - workingSince) * restsForWork));
        begin();
    }
}
