package io.runtape.junit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A gateway that answers from cassettes, for the tests of a class (docs/guides/mock-agent.md, "In JUnit"). It starts before
 * the first of them and ends after the last; then the class fails if no call has used one of the recordings.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final RuntapeReplay AGENT = RuntapeReplay.of(Path.of("src/test/resources/cassettes"));
 * }</pre>
 */
public final class RuntapeReplay implements BeforeAllCallback, AfterAllCallback {

    /** The system property that names the gateway. */
    private static final String PROPERTY = "runtape.gateway";

    private static final String USUAL = "target/quarkus-app/quarkus-run.jar";

    private static final Pattern LISTENING = Pattern.compile("Listening on: http://[^:]+:(\\d+)");
    private static final Pattern UNUSED =
            Pattern.compile("recordings of the cassettes that no call has used \\(\\d+\\): (.*)");
    private static final Duration STARTS_WITHIN = Duration.ofMinutes(2);
    private static final Duration STOPS_WITHIN = Duration.ofSeconds(30);

    private final Path cassettes;
    private final boolean allMustBeUsed;
    private final List<String> output = Collections.synchronizedList(new ArrayList<>());
    private final CompletableFuture<Integer> port = new CompletableFuture<>();
    private @Nullable Process gateway;
    private @Nullable Thread reading;
    private @Nullable Path data;

    private RuntapeReplay(Path cassettes, boolean allMustBeUsed) {
        this.cassettes = cassettes;
        this.allMustBeUsed = allMustBeUsed;
    }

    /**
     * Answers from the cassettes in a folder.
     *
     * @param cassettes the folder; its files {@code *.ndjson} count
     */
    public static RuntapeReplay of(Path cassettes) {
        return new RuntapeReplay(cassettes, true);
    }

    /** The same for a class whose tests need not use all recordings. */
    public RuntapeReplay allowingUnused() {
        return new RuntapeReplay(cassettes, false);
    }

    /** The base URL to give to the client in the place of the agent API's, without a slash at its end. */
    public String url() {
        return "http://localhost:" + port.getNow(-1);
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        start();
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        stop();
    }

    /** Starts the gateway, and waits until it listens. */
    void start() throws IOException, InterruptedException {
        Path home = Files.createTempDirectory("runtape-replay-");
        data = home;
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar", jar())
                .redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("RUNTAPE_") || name.startsWith("QUARKUS_"));
        builder.environment().put("RUNTAPE_MODE", "replay");
        builder.environment()
                .put("RUNTAPE_CASSETTES", cassettes.toAbsolutePath().toString());
        builder.environment().put("RUNTAPE_DATA_DIR", home.toString());
        builder.environment().put("QUARKUS_HTTP_PORT", "0");
        builder.environment().put("QUARKUS_MANAGEMENT_PORT", "0");
        Process started = builder.start();
        gateway = started;
        Thread reader = new Thread(() -> read(started), "runtape-output");
        reader.setDaemon(true);
        reader.start();
        reading = reader;
        try {
            port.get(STARTS_WITHIN.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            started.destroyForcibly();
            throw new IllegalStateException("The gateway does not start:\n" + String.join("\n", output), e);
        }
    }

    private static String jar() {
        Path jar = Path.of(System.getProperty(PROPERTY, USUAL)).toAbsolutePath();
        if (!Files.isRegularFile(jar)) {
            throw new IllegalStateException("There is no gateway at " + jar + ". The system property " + PROPERTY
                    + " must name Runtape's quarkus-run.jar.");
        }
        return jar.toString();
    }

    private void read(Process from) {
        try (BufferedReader lines = from.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                output.add(line);
                Matcher listening = LISTENING.matcher(line);
                if (listening.find()) {
                    port.complete(Integer.valueOf(listening.group(1)));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            port.completeExceptionally(new IllegalStateException("the gateway has ended"));
        }
    }

    /**
     * Stops the gateway.
     *
     * @throws AssertionError if a recording was not used, and all must be
     */
    void stop() throws IOException, InterruptedException {
        Process running = gateway;
        if (running == null) {
            return;
        }
        // The process's own method closes its output, which tells what was used.
        running.toHandle().destroy();
        if (!running.waitFor(STOPS_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
            running.destroyForcibly().waitFor();
        }
        if (reading != null) {
            reading.join();
        }
        delete();
        if (allMustBeUsed) {
            for (String line : output) {
                Matcher unused = UNUSED.matcher(line);
                if (unused.find()) {
                    throw new AssertionError("No call has used these recordings of " + cassettes + ": "
                            + unused.group(1) + ". Delete them, or allow it with allowingUnused().");
                }
            }
        }
    }

    private void delete() throws IOException {
        Path home = data;
        if (home != null) {
            try (Stream<Path> all = Files.walk(home)) {
                for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
