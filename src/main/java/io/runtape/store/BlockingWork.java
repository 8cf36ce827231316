package io.runtape.store;

import io.smallrye.mutiny.Uni;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Work with the database on behalf of event loops, which must not wait for it. It has threads of its own: those that
 * serve the history may all wait for their callers. Safe for any thread.
 */
@Singleton
public final class BlockingWork {

    private static final Logger LOG = Logger.getLogger(BlockingWork.class);

    /** How long a call waits for what it can do without if the database is slow. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** Concurrent work; further work waits in line. */
    private static final int THREADS = 8;

    private final AtomicInteger started = new AtomicInteger();

    private final ThreadPoolExecutor threads =
            new ThreadPoolExecutor(THREADS, THREADS, 60, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                Thread worker = new Thread(task, "runtape-store-" + started.incrementAndGet());
                worker.setDaemon(true);
                return worker;
            });

    public BlockingWork() {
        threads.allowCoreThreadTimeOut(true);
    }

    @PreDestroy
    void stop() {
        // No interrupt: it would close the file of an embedded database.
        threads.shutdown();
    }

    /**
     * Does the work on a worker thread, at each subscription. The result comes on the loop, where callers also cancel:
     * a cancelled subscription gets no result, and a failure that no caller waits for is not logged.
     *
     * @param work may block
     * @param loop the event loop that the result comes on
     * @return fails with exactly what the work threw, so that the error mapper recognises a database that is away
     */
    public <T> Uni<T> onWorker(Callable<T> work, Executor loop) {
        return on(threads, work, loop);
    }

    /**
     * The same with other workers.
     *
     * @param workers runs the work on another thread
     */
    public static <T> Uni<T> on(Executor workers, Callable<T> work, Executor loop) {
        return Uni.createFrom()
                .emitter(emitter -> workers.execute(() -> {
                    try {
                        T result = work.call();
                        loop.execute(() -> emitter.complete(result));
                    } catch (Exception e) {
                        loop.execute(() -> emitter.fail(e));
                    }
                }));
    }

    /**
     * Work that a call can do without: it waits two seconds for it at most.
     *
     * @param otherwise the item if the work takes longer, or fails
     * @param missing what the call does without, for the log
     * @param loop the event loop for the item
     * @return never fails
     */
    public static <T> Uni<T> inTime(Uni<T> work, Supplier<T> otherwise, String missing, Executor loop) {
        return work.ifNoItem()
                .after(PATIENCE)
                .recoverWithItem(otherwise)
                .onFailure()
                .invoke(e -> LOG.debugf("%s: %s", missing, e))
                .onFailure()
                .recoverWithItem(otherwise)
                .emitOn(loop);
    }
}
