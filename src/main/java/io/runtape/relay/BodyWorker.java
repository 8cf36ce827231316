package io.runtape.relay;

import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The threads that parse and compress long bodies of calls: off the event loops, and few at a time, because one body
 * may take several times its length in memory. Safe for any thread.
 */
@Singleton
final class BodyWorker implements Executor {

    private static final int THREADS = 2;

    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS, task -> {
        Thread worker = new Thread(task, "runtape-body");
        worker.setDaemon(true);
        return worker;
    });

    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    @PreDestroy
    void stop() {
        threads.shutdownNow();
    }
}
