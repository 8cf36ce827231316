package io.runtape.server.loop;

import io.netty.channel.EventLoop;

/** The event loop that a call is confined to. */
public final class EventLoops {

    private EventLoops() {}

    /** Runs the task on the loop: at once if the caller is on that loop, as with most results, otherwise soon. */
    public static void run(EventLoop loop, Runnable task) {
        if (loop.inEventLoop()) {
            task.run();
        } else {
            loop.execute(task);
        }
    }
}
