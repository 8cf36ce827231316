package io.runtape.relay;

import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The only thread that reads long events and responses in their dialect: off the event loops, and one at a time,
 * because the JSON of one may take many times its length in memory. Safe for any thread.
 */
@Singleton
final class DialectWorker implements Executor {

    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread worker = new Thread(task, "runtape-dialect");
        worker.setDaemon(true);
        return worker;
    });

    @Override
    public void execute(Runnable task) {
        thread.execute(task);
    }

    @PreDestroy
    void stop() {
        thread.shutdownNow();
    }
}
