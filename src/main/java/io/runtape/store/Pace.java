package io.runtape.store;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * The pace of work beside live runs: it works for a share of the time, or of a processor's, and rests else. Confined to one
 * thread.
 */
public final class Pace {

    /** A piece of work that took longer than it should has mostly waited for a lock, or for the database, and spared live runs. */
    private static final long REST_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);

    /** A rest that was put off may take no longer: as long as a run of hundreds of megabytes is packed. */
    private static final long PUT_OFF_NANOS_MAX = TimeUnit.MINUTES.toNanos(1);

    /** How long others may wait for a lock because who holds it rests. */
    private static final long LOCKED_REST_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(200);

    private final double share;
    private final LongSupplier clock;
    private final LongSupplier work;
    private long beganAt;
    private long workBefore;
    private long putOff;
    private long restedLocked;

    /**
     * @param share more than 0, at most 1
     * @param clock nanoseconds that have passed
     * @param work nanoseconds of them that count as work
     */
    Pace(double share, LongSupplier clock, LongSupplier work) {
        this.share = share;
        this.clock = clock;
        this.work = work;
        begin();
    }

    /** Works at most half of the time. */
    public static Pace ofHalfTheTime() {
        return ofTime(0.5);
    }

    /**
     * Works at most for this share of the time, whatever the thread does in it.
     *
     * @param share more than 0, at most 1
     */
    public static Pace ofTime(double share) {
        return new Pace(share, System::nanoTime, System::nanoTime);
    }

    /**
     * Takes at most this share of a processor with the thread itself: for work that mostly waits for the database. What the
     * database's server takes meanwhile, of a processor and of its disk, is not counted. Where the platform cannot tell the
     * processor's time, it works at most half of the time.
     *
     * @param share more than 0, at most 1
     */
    public static Pace ofProcessor(double share) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return threads.isCurrentThreadCpuTimeSupported() && threads.isThreadCpuTimeEnabled()
                ? new Pace(share, System::nanoTime, threads::getCurrentThreadCpuTime)
                : ofHalfTheTime();
    }

    /** The work begins now; called by the thread that works. */
    public void begin() {
        beganAt = clock.getAsLong();
        workBefore = work.getAsLong();
    }

    /**
     * Rests for what it has worked since it began or rested last, a second at most, and for what was put off; less if the thread is
     * unparked.
     */
    public void rest() {
        long nanos = putOff + due();
        putOff = 0;
        restedLocked = 0;
        LockSupport.parkNanos(this, nanos);
        begin();
    }

    /**
     * Rests while the work holds a lock: for 200 ms at most since the last {@link #rest}, as others may wait for the lock. What is left
     * is put off to the next one.
     */
    public void restLocked() {
        long due = due();
        long now = Math.min(due, LOCKED_REST_NANOS_MAX - restedLocked);
        restedLocked += now;
        putOff = Math.min(PUT_OFF_NANOS_MAX, putOff + due - now);
        LockSupport.parkNanos(this, now);
        begin();
    }

    /** How long the next rest takes for what was put off, in nanoseconds. */
    long putOffNanos() {
        return putOff;
    }

    /** How long to rest now, in nanoseconds; none if what was not work was rest enough. */
    long due() {
        long passed = clock.getAsLong() - beganAt;
        long worked = work.getAsLong() - workBefore;
        return Math.min(REST_NANOS_MAX, Math.max(0, (long) (worked / share) - passed));
    }
}
