package io.runtape.journal;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import java.util.concurrent.Callable;

/** Work with the database on behalf of event loops, which must not wait for it. Safe for any thread. */
public final class StoreWork {

    private StoreWork() {}

    /**
     * Does the work on a worker thread, each time it is subscribed to.
     *
     * @param work may block
     * @return comes on the worker; fails with just what the work threw, so that whoever answers sees a database that is away
     */
    public static <T> Uni<T> onWorker(Callable<T> work) {
        return Uni.createFrom()
                .<T>emitter(emitter -> {
                    try {
                        emitter.complete(work.call());
                    } catch (Exception e) {
                        emitter.fail(e);
                    }
                })
                .runSubscriptionOn(Infrastructure.getDefaultWorkerPool());
    }
}
