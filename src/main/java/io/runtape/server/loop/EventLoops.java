package io.runtape.server.loop;

import io.netty.channel.EventLoop;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;

/** The event loop that a call is confined to. */
public final class EventLoops {

    private EventLoops() {}

    /** That of the call which is being handled; ask on it, while the call is handled. */
    public static EventLoop current() {
        return ((ContextInternal) Vertx.currentContext()).nettyEventLoop();
    }

    /** Runs the task on the loop: now where that is the thread it is asked on, since most results come there, and soon where not. */
    public static void run(EventLoop loop, Runnable task) {
        if (loop.inEventLoop()) {
            task.run();
        } else {
            loop.execute(task);
        }
    }
}
