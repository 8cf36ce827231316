package io.runtape.store;

import io.smallrye.mutiny.Uni;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Work with the database on behalf of event loops, which must not wait for it. It has threads of its own: those that response the
 * history may all wait for their callers. Safe for any thread.
 */
@Singleton
public final class BlockingWork {

    /** At once; further work waits in line. */
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
        // Not interrupted: that would close an embedded database's file.
        threads.shutdown();
    }

    /**
     * Does the work on a worker thread, each time it is subscribed to. The result is handed over on the loop, where requests
     * are given up as well: one that has been given up hears of no result, and the log of no failure that nobody waits for.
     *
     * @param work may block
     * @param loop that the result comes on
     * @return fails with just what the work threw, so that whoever answers sees a database that is away
     */
    public <T> Uni<T> onWorker(Callable<T> work, Executor loop) {
        return on(threads, work, loop);
    }

    /**
     * The same on a thread of other workers.
     *
     * @param workers has the work done, on another thread
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
}
