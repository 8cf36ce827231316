package io.runtape.testsupport;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/**
 * The packaged gateway in a process of its own, at free ports, configured by its environment as an operator does it. Safe for
 * any thread.
 */
public final class GatewayProcess implements AutoCloseable {

    /** A JVM starts in seconds where it has a processor to itself; several build at once where it has not. */
    private static final Duration START = Duration.ofMinutes(2);

    /** What was killed is gone when the system has taken its memory back. */
    private static final Duration END = Duration.ofMinutes(1);

    /** As in the tests within this JVM, see application.properties. */
    private static final String LOOP_BLOCKED_MAX = "500MS";

    /** The directory of the packaged gateway. */
    public static final Path APPLICATION = Path.of("target", "quarkus-app");

    /** The option of a gateway that has much to do: others have only the compiler that has them start fast. */
    public static final String BOTH_COMPILERS = "-XX:TieredStopAtLevel=4";

    private static final Pattern LISTENING = Pattern.compile(
            "Listening on: https?://[^:]+:(\\d+)\\. Management interface listening on http://[^:]+:(\\d+)");

    private final Process process;
    private final LoopSchedule schedule;
    private volatile boolean excused;
    private final Thread reading;
    private final List<String> output = new CopyOnWriteArrayList<>();

    private GatewayProcess(Process process) {
        this.process = process;
        this.schedule = LoopSchedule.of(process.pid());
        this.reading = new Thread(this::readOutput, "gateway-output");
        reading.setDaemon(true);
        reading.start();
    }

    /**
     * Starts it with these settings, {@code RUNTAPE_…}, and without those of the build's own environment. All its classes come
     * from {@link SharedClasses}, which takes a third less of a processor than {@link #startFrom}.
     *
     * @param jvmOptions what the JVM is started with, such as {@code -Xmx256m}, besides the option that every gateway is to
     *     be started with, and one that has it start fast
     */
    public static GatewayProcess start(Map<String, String> settings, String... jvmOptions) throws IOException {
        return start(Tool.java(), SharedClasses.program(), settings, jvmOptions);
    }

    /** The same, of another directory than {@link #APPLICATION}, and as an operator starts it. */
    public static GatewayProcess startFrom(Path application, Map<String, String> settings, String... jvmOptions)
            throws IOException {
        return startWith(Tool.java(), application, settings, jvmOptions);
    }

    /** The same, run by that Java. */
    public static GatewayProcess startWith(
            Tool java, Path application, Map<String, String> settings, String... jvmOptions) throws IOException {
        Path jar = application.resolve("quarkus-run.jar").toAbsolutePath();
        return start(java, List.of("-jar", jar.toString()), settings, jvmOptions);
    }

    /** The same, of a program that these options name. */
    static GatewayProcess start(Tool java, List<String> program, Map<String, String> settings, String... jvmOptions)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(java.path().toString());
        command.add("-XX:+ExitOnOutOfMemoryError");
        // A gateway that lives for seconds spends most of them on compiling, and the build has hundreds of those.
        command.add("-XX:TieredStopAtLevel=1");
        command.addAll(List.of(jvmOptions));
        command.addAll(program);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(Files.createTempDirectory("runtape-gateway-").toFile())
                .redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("RUNTAPE_") || name.startsWith("QUARKUS_"));
        builder.environment().putAll(Map.of("QUARKUS_HTTP_PORT", "0", "QUARKUS_MANAGEMENT_PORT", "0"));
        builder.environment()
                .putAll(Map.of(
                        "QUARKUS_VERTX_MAX_EVENT_LOOP_EXECUTE_TIME", LOOP_BLOCKED_MAX,
                        "QUARKUS_VERTX_WARNING_EXCEPTION_TIME", LOOP_BLOCKED_MAX));
        builder.environment().putAll(settings);
        return new GatewayProcess(builder.start());
    }

    /** The settings of a gateway on an embedded database in that directory. */
    public static Map<String, String> onH2(Path dataDir, ScriptedUpstream upstream) {
        return new HashMap<>(Map.of("RUNTAPE_DATA_DIR", dataDir.toString(), "RUNTAPE_UPSTREAM_URL", upstream.url()));
    }

    /** The settings of a gateway on that PostgreSQL database. */
    public static Map<String, String> onPostgres(String databaseUrl, ScriptedUpstream upstream) {
        return new HashMap<>(Map.of("RUNTAPE_DATABASE_URL", databaseUrl, "RUNTAPE_UPSTREAM_URL", upstream.url()));
    }

    private void readOutput() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                output.add(line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until it listens. */
    public GatewayProcess ready() {
        ports();
        return this;
    }

    /** It is one of many on this machine: that its event loops come late is no fault of theirs. */
    public GatewayProcess crowded() {
        excused = true;
        return this;
    }

    /** The port of the API, once it listens. */
    public int port() {
        return Integer.parseInt(ports().group(1));
    }

    /** The port of health and metrics, once it listens. */
    public int managementPort() {
        return Integer.parseInt(ports().group(2));
    }

    private Matcher ports() {
        return RunTable.await("the gateway listens", START, () -> {
            for (String line : output) {
                Matcher listening = LISTENING.matcher(line);
                if (listening.find()) {
                    return listening;
                }
            }
            if (!process.isAlive()) {
                throw new AssertionError("the gateway has ended: " + String.join("\n", output));
            }
            return null;
        });
    }

    /** A client of it. */
    public WireClient client() {
        return new WireClient(port());
    }

    /** Its health and its metrics. */
    public ManagementPort management() {
        return new ManagementPort(new WireClient(managementPort()));
    }

    /** The time of processors that it has taken so far. */
    public Duration processorTime() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    /** The most memory that it has had resident so far, in bytes. */
    public long peakMemory() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        throw new IOException("the system does not tell the peak of a process");
    }

    /** How many objects of this class it can reach in memory; makes it collect garbage first. */
    public int objectsOf(String className) throws IOException, InterruptedException {
        return reachable(className)
                .map(objects -> Integer.parseInt(objects.group(1)))
                .orElse(0);
    }

    /** How many bytes of heap arrays of bytes take, without those that are garbage. */
    public long bytesOfByteArrays() throws IOException, InterruptedException {
        return reachable("[B").map(arrays -> Long.parseLong(arrays.group(2))).orElse(0L);
    }

    /** The number of objects of a class and their bytes, once garbage is collected; empty if there is none. */
    private Optional<MatchResult> reachable(String className) throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(process.pid()),
                        "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String histogram = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (jcmd.waitFor() != 0) {
            throw new IOException(histogram);
        }
        return Pattern.compile("(\\d+) +(\\d+) +" + Pattern.quote(className) + "(?: \\(.*\\))?$", Pattern.MULTILINE)
                .matcher(histogram)
                .results()
                .findFirst();
    }

    /** {@code kill -STOP}: as a machine that sleeps. That its event loops stood still is no fault of theirs from now on. */
    public void freeze() throws IOException {
        excused = true;
        Signal.STOP.send(process.toHandle());
    }

    /** {@code kill -CONT}. */
    public void thaw() throws IOException {
        Signal.CONT.send(process.toHandle());
    }

    /** What it has printed. */
    public List<String> output() {
        return List.copyOf(output);
    }

    /** Waits until it has printed a line with these words. */
    public void awaitLine(String words) {
        Awaitility.await("a line with: " + words)
                .atMost(START)
                .untilAsserted(() -> assertTrue(
                        output.stream().anyMatch(line -> line.contains(words)), () -> String.join("\n", output())));
    }

    /**
     * What it has printed, but for reports of event loops that were held up, each with its stack. A crowded machine makes
     * some; {@link #close} fails where one counts.
     */
    public List<String> said() {
        return BlockedLoops.without(output);
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Counts the memory of {@link #peakMemory} from now on. */
    public void forgetPeak() throws IOException {
        Files.writeString(Path.of("/proc", Long.toString(process.pid()), "clear_refs"), "5");
    }

    /** {@code kill -9}; returns when the process is gone. */
    public void kill() throws InterruptedException {
        // Not by the process itself, which would close its output before that is read.
        process.toHandle().destroyForcibly();
        exit(END);
    }

    /** {@code kill -15}. */
    public void terminate() {
        process.toHandle().destroy();
    }

    /** Waits for its end; returns the exit code. */
    public int exit(Duration within) throws InterruptedException {
        if (!process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("the gateway still runs: " + String.join("\n", output));
        }
        reading.join(within.toMillis());
        return process.exitValue();
    }

    /** Ends all of them, and then fails where {@link #close} of one does. */
    public static void closeAll(List<GatewayProcess> gateways) {
        gateways.forEach(gateway -> gateway.process.toHandle().destroyForcibly());
        gateways.forEach(GatewayProcess::close);
    }

    /**
     * Ends it.
     *
     * @throws AssertionError where it reported a blocked event loop
     */
    @Override
    public void close() {
        schedule.look();
        schedule.close();
        process.toHandle().destroyForcibly();
        try {
            exit(END);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        List<String> serving = output.stream()
                .dropWhile(line -> !LISTENING.matcher(line).find())
                .toList();
        if (!excused && !BlockedLoops.in(serving, schedule).isEmpty()) {
            throw new AssertionError("an event loop was blocked: " + String.join("\n", output));
        }
    }
}
