package io.runtape.testsupport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * The classes that a gateway loads at its start, in a file that the JVM maps instead of reading and checking them each time:
 * the build starts hundreds of gateways. Made once for a packaged program. Safe for any thread.
 */
final class SharedClasses {

    private static final Path ARCHIVE = Path.of("target", "gateway-classes.jsa");

    private static final Duration END = Duration.ofMinutes(2);

    private SharedClasses() {}

    /** The file. The JVM goes on without it where it does not fit. */
    static synchronized Path archive() throws IOException {
        Path program = GatewayProcess.APPLICATION.resolve("quarkus-run.jar");
        if (!Files.exists(ARCHIVE)
                || Files.getLastModifiedTime(ARCHIVE).compareTo(Files.getLastModifiedTime(program)) < 0) {
            Files.deleteIfExists(ARCHIVE);
            try (GatewayProcess gateway = GatewayProcess.startWith(
                            Tool.java(),
                            GatewayProcess.APPLICATION,
                            Map.of(
                                    "RUNTAPE_DATA_DIR",
                                    Files.createTempDirectory("runtape-classes-")
                                            .toString()),
                            "-XX:ArchiveClassesAtExit=" + ARCHIVE.toAbsolutePath())
                    .ready()
                    .crowded()) {
                gateway.terminate();
                gateway.exit(END);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return ARCHIVE.toAbsolutePath();
    }
}
