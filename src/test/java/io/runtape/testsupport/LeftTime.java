package io.runtape.testsupport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The time of processors that other processes leave. Tests that compute only, and look at no clock, run in it, beside those that
 * wait for a database: these would otherwise wait for the processor, too.
 */
public final class LeftTime {

    /** Of 19. A thread with it has a tenth of a processor that another one wants, so that it never stands still. */
    private static final String NICENESS = "10";

    private LeftTime() {}

    /** This JVM takes no other from now on. Where a system has no threads in {@code /proc}, or no {@code renice}, it goes on as it is. */
    public static void take() {
        // Linux keeps the niceness of a thread, which those that it starts inherit.
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            List<String> command = new ArrayList<>(List.of("renice", "-n", NICENESS, "-p"));
            threads.map(thread -> thread.getFileName().toString()).forEach(command::add);
            // A thread that has ended meanwhile is no fault.
            Shell.run(false, command);
        } catch (IOException notThere) {
            // The tests need neither.
        }
    }
}
