package io.runtape.journal;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;

/** Work with the database on behalf of event loops, which must not wait for it. Safe for any thread. */
public final class StoreWork {

    private StoreWork() {}

    /**
     * Does the work on a worker thread, each time it is subscribed to. The result is handed over on the loop, where requests
     * are given up as well: one that has been given up hears of no result, and the log of no failure that nobody waits for.
     *
     * @param work may block
     * @param loop that the result comes on
     * @return fails with just what the work threw, so that whoever answers sees a database that is away
     */
    public static <T> Uni<T> onWorker(Callable<T> work, Executor loop) {
        return on(Infrastructure.getDefaultWorkerPool(), work, loop);
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
