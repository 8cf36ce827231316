package io.runtape.testsupport;

/** A thread that never starts: a test does its work when it says so, on its own thread. */
public final class HandRunThread extends Thread {

    private final Runnable work;

    public HandRunThread(Runnable work) {
        super(work);
        this.work = work;
    }

    @Override
    public synchronized void start() {
        // Its work is done by hand.
    }

    /** Does all its work; what ends it early goes where it would go in a thread of the machine. */
    public void work() {
        try {
            work.run();
        } catch (Throwable fault) {
            getUncaughtExceptionHandler().uncaughtException(this, fault);
        }
    }
}
