package io.runtape.delivery;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Runs a task each time that nothing has happened for a while. Confined to one event loop. */
public final class IdleTimer {

    private final EventLoop loop;
    private final LongSupplier nanoClock;
    private final long idleNanos;
    private final Runnable task;
    private long busyNanos;
    private boolean stopped;
    private @Nullable ScheduledFuture<?> timer;

    private IdleTimer(EventLoop loop, LongSupplier nanoClock, Duration idle, Runnable task) {
        this.loop = loop;
        this.nanoClock = nanoClock;
        this.idleNanos = idle.toNanos();
        this.task = task;
        this.busyNanos = nanoClock.getAsLong();
    }

    /**
     * A timer that counts from now.
     *
     * @param nanoClock the loop's time, as {@link System#nanoTime}
     * @param idle how long nothing may happen until the task runs
     */
    public static IdleTimer begin(EventLoop loop, LongSupplier nanoClock, Duration idle, Runnable task) {
        IdleTimer begun = new IdleTimer(loop, nanoClock, idle, task);
        begun.lookIn(begun.idleNanos);
        return begun;
    }

    /** Something has happened. */
    void busy() {
        // Called for each item of a live stream: moving the timer each time would cost more than looking again.
        busyNanos = nanoClock.getAsLong();
    }

    /** Runs the task no more. May be called again. */
    public void stop() {
        stopped = true;
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void lookIn(long nanos) {
        timer = loop.schedule(this::look, nanos, TimeUnit.NANOSECONDS);
    }

    private void look() {
        if (stopped) {
            return;
        }
        long left = idleNanos - (nanoClock.getAsLong() - busyNanos);
        if (left > 0) {
            lookIn(left);
            return;
        }
        task.run();
        if (!stopped) {
            lookIn(idleNanos);
        }
    }
}
