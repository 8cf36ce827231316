package io.runtape.testsupport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The classes of the packaged gateway, in a file that the JVM maps instead of reading and checking them at each start: the build
 * starts hundreds of gateways. So they are all loaded by the JVM's own class loader; of those that {@code quarkus-run.jar} loads by
 * another one, a third could not be mapped. Made once for a packaged program. Safe for any thread.
 */
final class SharedClasses {

    private static final Path ARCHIVE = Path.of("target", "gateway-classes.jsa");

    /** Where a packaged program has its jars, in the order in which a class is looked for: what Quarkus has transformed comes first. */
    private static final List<String> JARS = List.of("quarkus", "app", "lib/boot", "lib/main");

    private static final Duration END = Duration.ofMinutes(2);

    private SharedClasses() {}

    /** What a JVM is started with to run the gateway. It goes on without the file where that does not fit. */
    static synchronized List<String> program() throws IOException {
        Path packaged = GatewayProcess.APPLICATION.resolve("quarkus-run.jar");
        if (!Files.exists(ARCHIVE)
                || Files.getLastModifiedTime(ARCHIVE).compareTo(Files.getLastModifiedTime(packaged)) < 0) {
            Files.deleteIfExists(ARCHIVE);
            make();
        }
        return program("SharedArchiveFile");
    }

    private static List<String> program(String use) throws IOException {
        StringBuilder path = new StringBuilder();
        for (String folder : JARS) {
            path.append(path.isEmpty() ? "" : ":").append(jars(GatewayProcess.APPLICATION.resolve(folder)));
        }
        return List.of(
                "-XX:" + use + "=" + ARCHIVE.toAbsolutePath(),
                // The collector of a container of 512 MiB, which takes a twentieth of the processor's time less than
                // that of a large machine.
                "-XX:+UseSerialGC",
                // Of what quarkus-run.jar says in its manifest, and its main class sets, that which matters here.
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                // Else each start writes the OpenAPI document twice, as JSON and as YAML, which hardly any test asks
                // for.
                "-Dquarkus.smallrye-openapi.always-run-filter=true",
                "-cp",
                path.toString(),
                "io.quarkus.runner.GeneratedMain");
    }

    private static String jars(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.toAbsolutePath().toString())
                    .filter(file -> file.endsWith(".jar"))
                    .sorted()
                    .collect(Collectors.joining(":"));
        }
    }

    private static void make() throws IOException {
        String data = Files.createTempDirectory("runtape-classes-").toString();
        try (GatewayProcess gateway = GatewayProcess.start(
                        Tool.java(), program("ArchiveClassesAtExit"), Map.of("RUNTAPE_DATA_DIR", data))
                .ready()
                .crowded()) {
            // Most gateways record a run, and are asked for it.
            answer(gateway.client().post("/v1/run", "{\"agent\":\"demo\",\"prompt\":\"burst\"}"));
            answer(gateway.client().get("/history/v1/runs"));
            gateway.terminate();
            gateway.exit(END);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void answer(WireResponse response) throws IOException {
        try (response) {
            response.whole();
        }
    }
}
