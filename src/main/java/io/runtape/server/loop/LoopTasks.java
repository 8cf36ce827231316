package io.runtape.server.loop;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jboss.logging.Logger;

/**
 * The notifications of a commit, gathered by event loop: each loop wakes once for a commit, however many runs and
 * readers it serves. Confined to one thread.
 */
public final class LoopTasks {

    private static final Logger LOG = Logger.getLogger(LoopTasks.class);

    private final Map<Executor, List<Runnable>> byLoop = new IdentityHashMap<>();

    /** Keeps a notification for that loop until the next {@link #dispatch}. */
    public void add(Executor loop, Runnable news) {
        byLoop.computeIfAbsent(loop, l -> new ArrayList<>()).add(news);
    }

    /** Hands each loop its notifications, as one task. */
    public void dispatch() {
        byLoop.forEach(LoopTasks::dispatch);
        byLoop.clear();
    }

    private static void dispatch(Executor loop, List<Runnable> news) {
        try {
            loop.execute(() -> news.forEach(LoopTasks::tell));
        } catch (RejectedExecutionException e) {
            LOG.debug("an event loop ended before it was notified of a commit", e);
        }
    }

    /** A failure in one reader must not keep the notification from the next. */
    private static void tell(Runnable news) {
        try {
            news.run();
        } catch (RuntimeException e) {
            LOG.error("a reader failed while it was notified of a commit", e);
        }
    }
}
