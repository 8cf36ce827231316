package io.runtape.retention;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;

/**
 * A secret stands wherever a caller or an agent can put one: after its runs are deleted, packed or not, by a filter or by retention,
 * it is in no row of any table, and on H2 no longer in the file once that is compacted. Soon after, no table has a row that came of
 * the runs, in whatever form.
 */
class ErasureIT {

    private static final String SECRET = "sw0rdf1sh-of-the-caller";
    private static final String KEY = "X-API-Key: rt_test_erasure";

    /** What tells of no run, and so stays when all are deleted. */
    private static final Set<String> MAY_STAY = Set.of(
            // The migrations that the database has had.
            "flyway_schema_history",
            // The key of the owners' hash.
            "setting",
            // Starts of gateways.
            "node",
            "heartbeat",
            // When names of threads were told first.
            "thread_name_since",
            // That a key was used, as a digest of it and of its call: no call with it runs again.
            "idempotency_key");

    private final AtomicInteger planted = new AtomicInteger();

    private final ScriptedUpstream upstream = new ScriptedUpstream();

    @AfterEach
    void stop() {
        upstream.close();
    }

    @Test
    @Execution(CONCURRENT)
    void leavesNothingOnPostgres() throws Exception {
        String database = PostgresServer.freshDatabase();
        Map<String, String> settings = GatewayProcess.onPostgres(database, upstream);
        settings.put("RUNTAPE_PACK_AFTER", "off");
        try (RunTable table = new RunTable(() -> connect(database))) {
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                plant(gateway);
                assertTrue(holds(table, SECRET));
                eraseByFilter(gateway, "/runs?agent=" + SECRET, 2);
                assertGone(table);
                plant(gateway);
                eraseByFilter(gateway, "/threads?agent=" + SECRET, 1);
                assertGone(table);
                awaitEmpty(table);
            }
            settings.put("RUNTAPE_PACK_AFTER", "100ms");
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                plantPacked(gateway, 2);
                assertTrue(table.filledTables().contains("packed_block"));
                eraseByFilter(gateway, "/runs?agent=" + SECRET, 2);
                assertGone(table);
                awaitEmpty(table);
                plantPacked(gateway, 4);
            }
            assertTrue(holds(table, SECRET));
            assertTrue(table.filledTables().contains("packed_block"));
            settings.put("RUNTAPE_RETENTION", "1s");
            settings.put("RUNTAPE_RETENTION_FRAMES", "100ms");
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                RunTable.await("all is deleted", () -> table.runs().isEmpty() ? true : null);
                assertEquals(
                        200, gateway.client().get("/history/v1/threads", KEY).status());
                RunTable.await("the thread too", () -> holds(table, SECRET) ? null : true);
                assertGone(table);
                awaitEmpty(table);
            }
        }
    }

    @Test
    @Execution(CONCURRENT)
    void leavesNothingOnH2(@TempDir Path dataDir) throws Exception {
        Map<String, String> settings = GatewayProcess.onH2(dataDir, upstream);
        settings.put("RUNTAPE_PACK_AFTER", "off");
        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            plant(gateway);
            stop(gateway);
        }
        assertTrue(holds(file(dataDir), SECRET));
        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            eraseByFilter(gateway, "/runs?agent=" + SECRET, 2);
            stop(gateway);
        }
        assertGone(dataDir);

        settings.put("RUNTAPE_PACK_AFTER", "100ms");
        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            plantPacked(gateway, 2);
            eraseByFilter(gateway, "/threads?agent=" + SECRET, 1);
            stop(gateway);
        }
        assertGone(dataDir);

        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            plantPacked(gateway, 2);
            stop(gateway);
        }
        try (RunTable table = new RunTable(() -> open(dataDir))) {
            assertTrue(table.filledTables().contains("packed_block"));
        }
        settings.put("RUNTAPE_RETENTION", "1s");
        settings.put("RUNTAPE_RETENTION_FRAMES", "100ms");
        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            RunTable.await(
                    "all is deleted",
                    () -> body(gateway.client().get("/history/v1/threads", KEY)).contains("\"data\":[]") ? true : null);
            stop(gateway);
        }
        assertGone(dataDir);
        // The file can be read only where no gateway has it.
        RunTable.await("no row is left", Duration.ofMinutes(2), () -> {
            try (RunTable table = new RunTable(() -> open(dataDir))) {
                if (leftIn(table).isEmpty()) {
                    return true;
                }
            }
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                stop(gateway);
            }
            return null;
        });
    }

    private static void stop(GatewayProcess gateway) throws InterruptedException {
        gateway.terminate();
        gateway.exit(Duration.ofMinutes(1));
    }

    private static Connection connect(String database) throws SQLException {
        Connection connection = PostgresServer.connect(database);
        connection.setSchema("runtape");
        return connection;
    }

    /** Two runs of one thread, one of which is refused by the agent API. */
    private void plant(GatewayProcess gateway) throws Exception {
        String body = ("{'agent':'S','prompt':'S','threadId':'S','metadata':{'S':'S'},'config':{'S':'S'},'user':'S'}")
                .replace('\'', '"')
                .replace("S", SECRET);
        String stream = ("event: S\nid: S\ndata: {'S':1}\n\n: S\n\n"
                        + "event: tool_call\ndata: {'toolCallId':'S','name':'S','arguments':{'S':'S'}}\n\n"
                        + "event: run_completed\ndata: {'result':'S','usage':{'S':1}}\n\n")
                .replace('\'', '"')
                .replace("S", SECRET);
        String refusal =
                ("{'error':{'code':'S','message':'S'}}").replace('\'', '"').replace("S", SECRET);
        record(gateway, "/v1/run?at=" + SECRET, body, Script.stream(stream));
        record(gateway, "/v1/run", body, Script.json(400, refusal));
        try (WireResponse named = gateway.client()
                .send(
                        "PATCH",
                        "/history/v1/threads/" + SECRET,
                        ("{\"title\":\"" + SECRET + "\"}").getBytes(UTF_8),
                        KEY,
                        "Content-Type: application/json")) {
            assertEquals(200, named.status());
        }
    }

    /** The same, and waits until this gateway has packed so many runs. */
    private void plantPacked(GatewayProcess gateway, int runs) throws Exception {
        plant(gateway);
        RunTable.await(
                "they are packed",
                () -> gateway.management().metric("runtape_packed_runs_total") >= runs ? true : null);
    }

    private void record(GatewayProcess gateway, String target, String body, Script script) throws Exception {
        // The key of a deleted run is gone for good.
        String idempotencyKey = SECRET + "-" + planted.incrementAndGet();
        try (WireResponse response = gateway.client()
                .post(
                        target,
                        body,
                        upstream.on(script).header(),
                        KEY,
                        "Idempotency-Key: " + idempotencyKey,
                        "X-Request-ID: " + idempotencyKey)) {
            response.readAll();
            String id = response.header("Runtape-Run-Id");
            RunTable.await(
                    "it ends",
                    () -> body(gateway.client().get("/history/v1/runs/" + id, KEY))
                                    .contains("\"status\":\"running\"")
                            ? null
                            : true);
        }
    }

    private static String body(WireResponse response) throws Exception {
        try (response) {
            return new String(response.readAll(), UTF_8);
        }
    }

    private static void eraseByFilter(GatewayProcess gateway, String filter, int count) throws Exception {
        String counted =
                body(gateway.client().send("DELETE", "/history/v1" + filter + "&dryRun=true", new byte[0], KEY));
        assertTrue(counted.contains("{\"count\":" + count + ",\"running\":0}"), counted);
        String deleted =
                body(gateway.client().send("DELETE", "/history/v1" + filter + "&expect=" + count, new byte[0], KEY));
        assertTrue(deleted.contains("{\"count\":" + count + ",\"running\":0}"), deleted);
    }

    private static boolean holds(RunTable table, String text) throws Exception {
        return table.everything().stream().anyMatch(value -> holds(value, text));
    }

    private static boolean holds(byte[] bytes, String text) {
        return new String(bytes, ISO_8859_1).contains(text);
    }

    /** Nowhere in clear, and no row that could hold it compressed. */
    private static void assertGone(RunTable table) throws Exception {
        assertFalse(holds(table, SECRET));
        assertEquals(0, table.runs().size());
    }

    /** The indexes are rid of deleted runs some seconds later. */
    private static void awaitEmpty(RunTable table) {
        RunTable.await(
                "no row is left", Duration.ofMinutes(2), () -> leftIn(table).isEmpty() ? true : null);
    }

    /** The tables that have rows and may have none, without runs. */
    private static Set<String> leftIn(RunTable table) throws SQLException {
        Set<String> left = table.filledTables();
        left.removeAll(MAY_STAY);
        return left;
    }

    private static void assertGone(Path dataDir) throws Exception {
        try (RunTable table = new RunTable(() -> open(dataDir))) {
            assertGone(table);
        }
        try (Connection connection = open(dataDir);
                Statement statement = connection.createStatement()) {
            for (String table : new String[] {"run", "thread", "block", "packed_block", "kept_transcript"}) {
                try (ResultSet row = statement.executeQuery("select count(*) from " + table)) {
                    row.next();
                    assertEquals(0, row.getLong(1), table);
                }
            }
            statement.execute("shutdown compact");
        }
        assertFalse(holds(file(dataDir), SECRET));
    }

    private static Connection open(Path dataDir) throws SQLException {
        Connection connection = DriverManager.getConnection(
                "jdbc:h2:file:" + dataDir.resolve("runtape").toAbsolutePath()
                        + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE",
                "runtape",
                "");
        connection.setSchema("runtape");
        return connection;
    }

    private static byte[] file(Path dataDir) throws Exception {
        return Files.readAllBytes(dataDir.resolve("runtape.mv.db"));
    }
}
