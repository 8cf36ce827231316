package io.runtape.testsupport;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A program of the machine that a test needs. Where it is not there the test is skipped, so that a JDK alone builds; in
 * continuous integration, which sets {@code CI}, the test fails.
 */
public final class Tool {

    /** More than any of them takes. */
    private static final long SECONDS_MAX = 900;

    private final Path program;

    private Tool(Path program) {
        this.program = program;
    }

    /** The program of that name on the path. */
    public static Tool named(String name) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Tool::new)
                .orElseGet(() -> missing(name + " is not on the path"));
    }

    /** The Java that runs the tests. */
    public static Tool java() {
        return new Tool(Path.of(System.getProperty("java.home"), "bin", "java"));
    }

    /** A Java that can make and read an ahead-of-time cache, among those that are installed where Debian has them; if there is one. */
    public static Optional<Tool> javaWithCache() throws IOException {
        Path installed = Path.of("/usr/lib/jvm");
        if (!Files.isDirectory(installed)) {
            return Optional.empty();
        }
        try (Stream<Path> all = Files.list(installed)) {
            return all.map(home -> home.resolve("bin/java"))
                    .filter(Files::isExecutable)
                    .map(Tool::new)
                    .filter(Tool::knowsCache)
                    .findFirst();
        }
    }

    private boolean knowsCache() {
        try {
            return run(Path.of("."), List.of("-XX:+PrintFlagsFinal", "-version"))
                    .contains(" AOTCacheOutput ");
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(program + " does not say what it knows", e);
        }
    }

    /** Ends the test, for want of something. */
    public static <T> T missing(String what) {
        String ci = System.getenv("CI");
        if (ci != null && !ci.isEmpty()) {
            return fail(what + ", and CI is set");
        }
        return abort(what);
    }

    public Path path() {
        return program;
    }

    /** Runs it in that directory to its end, which must be a good one; returns what it printed. */
    public String run(Path directory, List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(arguments);
        Path output = Files.createTempFile("runtape-tool-", ".txt");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(SECONDS_MAX, TimeUnit.SECONDS);
        process.destroyForcibly();
        // A program that was cut off may have printed half of a character.
        String printed = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
        Files.delete(output);
        if (!ended || process.exitValue() != 0) {
            throw new AssertionError(
                    command + (ended ? " ended with " + process.exitValue() : " does not end") + ": " + printed);
        }
        return printed;
    }
}
