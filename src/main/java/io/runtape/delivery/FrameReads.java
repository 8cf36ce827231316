package io.runtape.delivery;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/**
 * Reads from the database on behalf of streams: some at once, the others wait in line. Each reader has one read in line at
 * most. Safe for any thread.
 */
final class FrameReads implements Executor {

    /**
     * How many at once. Each takes a worker thread, a connection and up to a page of memory: as soon as the database does not
     * answer, all that run stand still, and must leave workers and connections to everybody else.
     */
    static final int AT_ONCE = 16;

    private final Executor workers;
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    private final Semaphore room = new Semaphore(AT_ONCE);

    FrameReads(Executor workers) {
        this.workers = workers;
    }

    @Override
    public void execute(Runnable read) {
        waiting.add(read);
        start();
    }

    private void start() {
        while (!waiting.isEmpty() && room.tryAcquire()) {
            Runnable read = waiting.poll();
            if (read == null) {
                room.release();
            } else {
                start(read);
            }
        }
    }

    private void start(Runnable read) {
        workers.execute(() -> {
            try {
                read.run();
            } finally {
                room.release();
                start();
            }
        });
    }
}
