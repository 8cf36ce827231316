package io.runtape.journal;

import io.quarkus.runtime.Quarkus;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Ends a process that can no longer record: with exit code 1, in good order if possible, and in any case soon, so that
 * its supervisor starts it again.
 */
final class ProcessExit {

    private static final int EXIT_CODE = 1;

    /** How long an orderly end may take: more than the server waits for responses that are under way. */
    private static final Duration IN_GOOD_ORDER = Duration.ofSeconds(15);

    private ProcessExit() {}

    /**
     * Begins the end; returns at once.
     *
     * @param lastWords logs the reason; the process ends even if this fails
     */
    static void begin(Runnable lastWords) {
        try {
            Thread watching = new Thread(ProcessExit::haltWhereItLasts, "runtape-end");
            watching.setDaemon(true);
            watching.start();
            lastWords.run();
            Quarkus.asyncExit(EXIT_CODE);
        } catch (Throwable e) {
            // No memory or no thread is left for an orderly end.
            Runtime.getRuntime().halt(EXIT_CODE);
        }
    }

    private static void haltWhereItLasts() {
        try {
            TimeUnit.NANOSECONDS.sleep(IN_GOOD_ORDER.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(EXIT_CODE);
    }
}
