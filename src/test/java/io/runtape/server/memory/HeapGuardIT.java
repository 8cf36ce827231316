package io.runtape.server.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.ScriptedUpstream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A gateway whose heap is too small for what it is given, by heads of calls alone, ends and can be started again. Where the JVM would
 * not end it by itself, it has said so.
 */
class HeapGuardIT {

    private static final Duration END = Duration.ofMinutes(3);

    private static final String SAID = "started without -XX:+ExitOnOutOfMemoryError";

    /** Enough for any gateway to start in, and for so many connections too little. */
    private static final String HEAP = "-Xmx40m";

    private static final int CONNECTIONS_MAX = 8000;

    private static final String FILLER = "X-Filler: " + "x".repeat(6000);

    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final List<Socket> connections = new ArrayList<>();

    @TempDir
    Path dataDir;

    @AfterEach
    void stop() throws IOException {
        for (Socket connection : connections) {
            connection.close();
        }
        upstream.close();
    }

    @ParameterizedTest
    @Execution(CONCURRENT)
    @CsvSource({"-XX:+ExitOnOutOfMemoryError, 0", "-XX:-ExitOnOutOfMemoryError, 1"})
    void endsWhenTheHeapIsUsedUp(String option, int warnings) throws Exception {
        try (GatewayProcess gateway = GatewayProcess.start(GatewayProcess.onH2(dataDir, upstream), HEAP, option)
                .ready()
                .crowded()) {
            int port = gateway.port();

            for (int i = 0; i < CONNECTIONS_MAX && gateway.isAlive(); i++) {
                connect(port);
            }

            assertEquals(3, gateway.exit(END), connections.size() + " connections");
            assertTrue(gateway.output().stream().anyMatch(line -> line.startsWith("Terminating")));
            assertEquals(
                    warnings,
                    gateway.output().stream()
                            .filter(line -> line.contains(SAID))
                            .count());
        }
    }

    /** Sends the head of a call, which the gateway has to hold until its body is there, and a byte of that. */
    private void connect(int port) {
        try {
            Socket connection = new Socket(InetAddress.getLoopbackAddress(), port);
            connections.add(connection);
            connection
                    .getOutputStream()
                    .write(("POST /v1/run HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                    + "Content-Length: 10\r\nX-API-Key: key-" + connections.size() + "\r\n" + FILLER
                                    + "\r\n\r\n{")
                            .getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            // The gateway has ended, which is what is waited for.
        }
    }
}
