package io.runtape.testsupport;

import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** An event loop that runs its tasks when a test says so, on the test's thread, by a clock that the test moves. */
public final class HandRunLoop {

    /** An embedded channel's loop is run by hand; the channel itself is of no use here. */
    private final EmbeddedChannel channel = new EmbeddedChannel();

    private long nanos = 1;

    public HandRunLoop() {
        channel.freezeTime();
    }

    public EventLoop eventLoop() {
        return channel.eventLoop();
    }

    /** The time that the loop's timers go by, as {@link System#nanoTime}. */
    public long nanoTime() {
        return nanos;
    }

    /** Runs what waits, and what that adds, but for timers that are not due. */
    public void run() {
        channel.runPendingTasks();
        channel.checkException();
    }

    /** Lets time pass: each timer runs at its own time. */
    public void pass(Duration time) {
        long end = nanos + time.toNanos();
        run();
        for (long next = channel.runScheduledPendingTasks();
                next >= 0 && nanos + next <= end;
                next = channel.runScheduledPendingTasks()) {
            advance(next);
            run();
        }
        advance(end - nanos);
        run();
    }

    private void advance(long by) {
        nanos += by;
        channel.advanceTimeBy(by, TimeUnit.NANOSECONDS);
    }
}
