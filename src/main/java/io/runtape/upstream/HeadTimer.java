package io.runtape.upstream;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How long the head of one response may take. The time begins anew with each step of the call: connecting, sending, and
 * waiting. Safe for any thread; expires on the loop.
 */
final class HeadTimer {

    private final EventLoop loop;
    private final Runnable late;
    /** Confined to the loop, as {@link #stopped} is. */
    private @Nullable Future<?> timer;

    private boolean stopped;

    /** @param late runs on the loop, once, if a step takes too long */
    HeadTimer(EventLoop loop, Runnable late) {
        this.loop = loop;
        this.late = late;
    }

    /** A step begins, which may take so long. */
    void begin(Duration step) {
        onLoop(() -> {
            cancel();
            if (!stopped) {
                timer = loop.schedule(late, step.toNanos(), TimeUnit.NANOSECONDS);
            }
        });
    }

    /** The head has come, or never will. */
    void stop() {
        onLoop(() -> {
            stopped = true;
            cancel();
        });
    }

    private void cancel() {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void onLoop(Runnable task) {
        if (loop.inEventLoop()) {
            task.run();
        } else {
            loop.execute(task);
        }
    }
}
