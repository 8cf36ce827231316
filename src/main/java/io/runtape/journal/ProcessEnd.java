package io.runtape.journal;

import io.quarkus.runtime.Quarkus;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The end of a process that cannot do any more what it is there for: with exit code 1, in good order where that is possible,
 * and in any case soon, so that whatever runs it starts it again.
 */
final class ProcessEnd {

    private static final int EXIT_CODE = 1;

    /** How long an end in good order may take: more than the server waits for what is still being answered. */
    private static final Duration IN_GOOD_ORDER = Duration.ofSeconds(15);

    private ProcessEnd() {}

    /**
     * Begins to end it; returns at once.
     *
     * @param lastWords say why; where they fail it is not for them that the process goes on
     */
    static void begin(Runnable lastWords) {
        try {
            Thread watching = new Thread(ProcessEnd::haltWhereItLasts, "runtape-end");
            watching.setDaemon(true);
            watching.start();
            lastWords.run();
            Quarkus.asyncExit(EXIT_CODE);
        } catch (Throwable e) {
            // No memory, or no thread: there is no good order any more.
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
