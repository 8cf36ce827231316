package io.runtape.journal;

import java.util.concurrent.locks.LockSupport;

/** The committer's time: its clock, and how its thread waits. */
interface CommitterTime {

    /** The machine's own time. */
    CommitterTime SYSTEM = new CommitterTime() {
        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public void pass(long nanos) {
            LockSupport.parkNanos(this, nanos);
        }

        @Override
        public void passUntilWoken() {
            LockSupport.park(this);
        }
    };

    /** As {@link System#nanoTime}. */
    long nanoTime();

    /** Waits for so many nanoseconds, or until the thread is woken. */
    void pass(long nanos);

    /** Waits until the thread is woken. */
    void passUntilWoken();
}
