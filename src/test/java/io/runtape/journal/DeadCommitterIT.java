package io.runtape.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunTable.FrameSum;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An error ends the committer's thread in the midst of a commit: of a gateway whose files were damaged, so that a class is
 * missing that only a larger commit needs. It cuts its clients off, says why, and ends at once, however long it may drain.
 */
class DeadCommitterIT {

    private static final Duration END = Duration.ofSeconds(30);

    /** What frames are copied to, where they are many or long. */
    private static final String MISSING = "io/runtape/journal/sql/CopyEncoder$Target.class";

    private static final String FIRST = "data: first\n\n";

    /** A frame that is longer than what goes by one statement without a copy, in however many pieces it comes. */
    private static final String LONG = "data: " + "long ".repeat(80_000) + "\n\n";

    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final String database = PostgresServer.freshDatabase();
    private final RunTable table = new RunTable(() -> PostgresServer.connect(database));

    @TempDir
    Path directory;

    @AfterEach
    void stop() throws Exception {
        table.close();
        upstream.close();
    }

    /** The packaged gateway without that class. */
    private Path damaged() throws IOException {
        try (Stream<Path> files = Files.walk(GatewayProcess.APPLICATION)) {
            for (Path file : files.toList()) {
                Path copy = directory.resolve(GatewayProcess.APPLICATION.relativize(file));
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else if (file.getFileName().toString().matches("runtape-.*\\.jar")) {
                    copyWithoutTheClass(file, copy);
                } else {
                    Files.copy(file, copy);
                }
            }
        }
        return directory;
    }

    private static void copyWithoutTheClass(Path from, Path to) throws IOException {
        try (ZipInputStream in = new ZipInputStream(Files.newInputStream(from));
                ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(to))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                if (!entry.getName().equals(MISSING)) {
                    out.putNextEntry(new ZipEntry(entry.getName()));
                    in.transferTo(out);
                }
            }
        }
    }

    @Test
    void cutsItsClientsOffAndEnds() throws Exception {
        Map<String, String> settings = GatewayProcess.onPostgres(database, upstream);
        CountDownLatch now = new CountDownLatch(1);
        String waits;
        String dies;
        try (GatewayProcess gateway =
                GatewayProcess.startFrom(damaged(), settings).crowded().ready()) {
            WireResponse waiting = gateway.client()
                    .post("/v1/run", "{}", upstream.on(Script.unended(FIRST)).header());
            waits = waiting.header("Runtape-Run-Id");
            waiting.readUpTo(FIRST.length());
            WireResponse dying = gateway.client()
                    .post(
                            "/v1/run",
                            "{}",
                            upstream.on(exchange -> {
                                        exchange.streamHead().chunk(FIRST);
                                        now.await();
                                        exchange.chunk(LONG).end();
                                    })
                                    .header());
            dies = dying.header("Runtape-Run-Id");
            dying.readUpTo(FIRST.length());

            now.countDown();

            assertEquals(1, gateway.exit(END));
            waiting.readAll();
            dying.readAll();
            assertEquals(WireResponse.End.CUT, waiting.end());
            assertEquals(WireResponse.End.CUT, dying.end());
            assertEquals(FIRST, waiting.text());
            String stored = new String(table.bytes(dies), UTF_8);
            assertTrue(stored.startsWith(dying.text()), "a client holds what is not stored");
            assertSays(gateway, "can record nothing more");
            assertSays(gateway, "NoClassDefFoundError");
        }

        // Another one ends its runs, for what is stored of them.
        try (GatewayProcess next = GatewayProcess.start(settings).crowded().ready()) {
            for (String id : new String[] {waits, dies}) {
                RunRow run = table.ended(id);
                FrameSum frames = table.sum(id);
                assertEquals("failed/gateway_lost", run.outcome());
                assertTrue(frames.inSequence(), frames::toString);
                assertEquals(frames.last(), run.lastSequence());
            }
            assertTrue(next.isAlive());
        }
    }

    private static void assertSays(GatewayProcess gateway, String words) {
        assertTrue(
                gateway.output().stream().anyMatch(line -> line.contains(words)),
                () -> String.join("\n", gateway.output()));
    }
}
