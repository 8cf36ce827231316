package io.runtape.store;

import java.util.concurrent.locks.LockSupport;

/** The pace of work beside live runs: it rests as long as it has worked. Confined to one thread. */
public final class Pace {

    private long workingSince = System.nanoTime();

    /** The work begins now. */
    public void begin() {
        workingSince = System.nanoTime();
    }

    /** Rests as long as it has worked since the last rest; less if the thread is unparked. */
    public void rest() {
        LockSupport.parkNanos(this, System.nanoTime() - workingSince);
        begin();
    }
}
