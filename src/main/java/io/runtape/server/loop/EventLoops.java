package io.runtape.server.loop;

import io.netty.channel.EventLoop;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;

/** The event loop that a call is confined to. */
public final class EventLoops {

    private EventLoops() {}

    /** The loop of the call that is being handled. Ask on that loop, while the call is handled. */
    public static EventLoop current() {
        return ((ContextInternal) Vertx.currentContext()).nettyEventLoop();
    }

    /** Runs the task on the loop: at once if the caller is on that loop, as with most results, otherwise soon. */
    public static void run(EventLoop loop, Runnable task) {
        if (loop.inEventLoop()) {
            task.run();
        } else {
            loop.execute(task);
        }
    }
}
