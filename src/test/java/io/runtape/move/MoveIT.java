package io.runtape.move;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A history of two owners, packed in part, moves from H2 to PostgreSQL, and shows there as before, byte for byte. A larger
 * one: {@code -Dmove.frames=1000000}.
 */
class MoveIT {

    private static final int FRAMES = Integer.getInteger("move.frames", 6000);
    private static final int RUNS = 12;
    private static final List<String> OWNERS = List.of("X-API-Key: one", "X-API-Key: two");
    private static final String LINES = "Accept: application/x-ndjson";
    private static final String STREAM = "Accept: text/event-stream";

    private final ScriptedUpstream upstream = new ScriptedUpstream();

    @AfterEach
    void stop() {
        upstream.close();
    }

    private String script(int run) {
        return upstream.on(exchange -> {
                    exchange.head(200, "Content-Type: text/event-stream", "Transfer-Encoding: chunked");
                    ByteArrayOutputStream chunk = new ByteArrayOutputStream();
                    for (int i = 0; i < FRAMES / RUNS; i++) {
                        chunk.writeBytes(("id: " + i / 7 + "\nevent: token\ndata: {\"run\":" + run + ",\"n\":" + i
                                        + ",\"text\":\"ä word of about as many letters as they have\"}\n\n")
                                .getBytes(UTF_8));
                        if (chunk.size() > 16 << 10) {
                            exchange.chunk(chunk.toByteArray());
                            chunk.reset();
                        }
                    }
                    exchange.chunk(new byte[] {'d', 'a', 't', 'a', ':', (byte) 0xff, 0, '\n', '\n'});
                    exchange.chunk(chunk.size() > 0 ? chunk.toByteArray() : ": c\n\n".getBytes(UTF_8));
                    exchange.end();
                })
                .header();
    }

    private String record(GatewayProcess gateway, int run) throws IOException {
        String body = "{\"prompt\":\"Question " + run + "\",\"metadata\":{\"n\":" + run + "}}";
        try (WireResponse response = gateway.client()
                .post(
                        "/v1/run",
                        body,
                        script(run),
                        OWNERS.get(run % 2),
                        "Runtape-Thread-Id: thr_" + run % 4,
                        "Idempotency-Key: key-" + run)) {
            response.whole();
            return response.header("Runtape-Run-Id");
        }
    }

    private static String get(GatewayProcess gateway, String target, String... headers) throws IOException {
        try (WireResponse response = gateway.client().get(target, headers)) {
            String body = new String(response.readAll(), ISO_8859_1);
            return response.status() + "\n" + body.replaceAll("\"requestId\":\"[^\"]*\"", "");
        }
    }

    private static Map<String, String> views(GatewayProcess gateway, List<String> ids) throws IOException {
        Map<String, String> views = new LinkedHashMap<>();
        for (String owner : OWNERS) {
            views.put(owner + " runs", get(gateway, "/history/v1/runs", owner));
            views.put(owner + " threads", get(gateway, "/history/v1/threads", owner));
            views.put(owner + " archive", get(gateway, "/history/v1/runs", owner, LINES));
        }
        for (int run = 0; run < ids.size(); run++) {
            String owner = OWNERS.get(run % 2);
            String target = "/history/v1/runs/" + ids.get(run);
            views.put(target, get(gateway, target, owner));
            views.put(target + " verbatim", get(gateway, target + "/events?verbatim=true", owner, STREAM));
            views.put(target + " request", get(gateway, target + "/request", owner));
        }
        return views;
    }

    private static void await(Connection connection, String query) {
        RunTable.await(query, Duration.ofMinutes(1), () -> number(connection, query) == 0 ? true : null);
    }

    private static long number(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    @Test
    void movesAHistoryByteForByte(@TempDir Path dataDir) throws Exception {
        Map<String, String> onH2 = GatewayProcess.onH2(dataDir, upstream);
        List<String> ids = new ArrayList<>();
        onH2.put("RUNTAPE_PACK_AFTER", "50ms");
        try (GatewayProcess gateway = GatewayProcess.start(onH2).ready()) {
            for (int run = 0; run < RUNS / 2; run++) {
                ids.add(record(gateway, run));
            }
        }
        onH2.put("RUNTAPE_PACK_AFTER", "off");
        Map<String, String> recorded;
        String liveId;
        CountDownLatch over = new CountDownLatch(1);
        try (GatewayProcess gateway = GatewayProcess.start(onH2).ready()) {
            for (int run = RUNS / 2; run < RUNS; run++) {
                ids.add(record(gateway, run));
            }
            recorded = views(gateway, ids);
            String live = upstream.on(exchange -> {
                        exchange.streamHead();
                        exchange.chunk("data: live\n\n");
                        over.await();
                    })
                    .header();
            try (WireResponse response = gateway.client().post("/v1/run", "{}", live, "X-API-Key: three")) {
                response.readUpTo(12);
                liveId = response.header("Runtape-Run-Id");
                gateway.kill();
            }
        }
        over.countDown();

        String database = PostgresServer.freshDatabase();
        Map<String, String> onPostgres = GatewayProcess.onPostgres(database, upstream);
        onPostgres.put("RUNTAPE_NODE_LEASE", "1s");
        onPostgres.put("RUNTAPE_PACK_AFTER", "off");
        onPostgres.put("RUNTAPE_MOVE_FROM", dataDir.toString());
        try (GatewayProcess gateway = GatewayProcess.start(onPostgres).ready();
                Connection connection = PostgresServer.connect(database)) {
            assertTrue(
                    gateway.output().stream().anyMatch(line -> line.contains("has moved to the database")),
                    () -> String.join("\n", gateway.output()));
            gateway.output().stream().filter(line -> line.contains("moved")).forEach(System.out::println);
            assertEquals(recorded, views(gateway, ids));

            await(connection, "select count(*) from runtape.run where status = 'running'");
            String lost = get(gateway, "/history/v1/runs/" + liveId, "X-API-Key: three");
            assertTrue(lost.contains("gateway_lost") && lost.contains("\"frameCount\":1"), lost);

            try (WireResponse again = gateway.client()
                    .post(
                            "/v1/run",
                            "{\"prompt\":\"Question 1\",\"metadata\":{\"n\":1}}",
                            OWNERS.get(1),
                            "Runtape-Thread-Id: thr_1",
                            "Idempotency-Key: key-1")) {
                again.whole();
                assertEquals("true", again.header("Idempotent-Replayed"));
                assertEquals(ids.get(1), again.header("Runtape-Run-Id"));
            }
            String more = record(gateway, RUNS + 4);
            assertNotEquals(ids.get(0), more);
            assertEquals(
                    RUNS / 4 + 1,
                    number(connection, "select thread_ordinal from runtape.run where id = '" + more + "'"));
            assertEquals(RUNS + 2, number(connection, "select count(distinct run_pk) from runtape.run"));
        }
        onPostgres.put("RUNTAPE_PACK_AFTER", "50ms");
        try (GatewayProcess gateway = GatewayProcess.start(onPostgres).ready();
                Connection connection = PostgresServer.connect(database)) {
            assertTrue(gateway.output().stream().anyMatch(line -> line.contains("has no effect")));
            await(connection, "select count(*) from runtape.run where packed_at is null");
            for (int run = 1; run < RUNS; run++) {
                String target = "/history/v1/runs/" + ids.get(run);
                assertEquals(
                        recorded.get(target + " verbatim"),
                        get(gateway, target + "/events?verbatim=true", OWNERS.get(run % 2), STREAM));
            }
        }
        refusesOtherDatabases(dataDir, database);
    }

    @Test
    void namesARunWhoseFramesCannotBeRead(@TempDir Path dataDir) throws Exception {
        Map<String, String> onH2 = GatewayProcess.onH2(dataDir, upstream);
        onH2.put("RUNTAPE_PACK_AFTER", "off");
        String id;
        try (GatewayProcess gateway = GatewayProcess.start(onH2).ready()) {
            record(gateway, 0);
            id = record(gateway, 1);
        }
        String file = dataDir.resolve("runtape").toAbsolutePath().toString();
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:h2:file:" + file + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;IFEXISTS=TRUE;SCHEMA=runtape",
                        "runtape",
                        "");
                Statement change = connection.createStatement()) {
            change.execute(
                    "update block set content = cast('?' as bytea) where run_pk = (select run_pk from run where id = '"
                            + id + "')");
        }
        Map<String, String> settings = GatewayProcess.onPostgres(PostgresServer.freshDatabase(), upstream);
        settings.put("RUNTAPE_MOVE_FROM", dataDir.toString());
        try (GatewayProcess gateway = GatewayProcess.start(settings)) {
            assertEquals(1, gateway.exit(Duration.ofMinutes(2)));
            assertTrue(
                    gateway.output().stream()
                            .anyMatch(line -> line.contains("The frames of the run " + id + " cannot be read")),
                    () -> String.join("\n", gateway.output()));
            assertTrue(
                    gateway.output().stream().noneMatch(line -> line.startsWith("\tat ")),
                    () -> String.join("\n", gateway.output()));
        }
    }

    @Test
    void movesOnceForSeveralGateways(@TempDir Path dataDir) throws Exception {
        String id;
        try (GatewayProcess gateway =
                GatewayProcess.start(GatewayProcess.onH2(dataDir, upstream)).ready()) {
            id = record(gateway, 0);
        }
        String database = PostgresServer.freshDatabase();
        // The tables are there from now on, and empty.
        assertRefused(database, dataDir + "-none", "There is no embedded database");
        Map<String, String> settings = GatewayProcess.onPostgres(database, upstream);
        settings.put("RUNTAPE_MOVE_FROM", dataDir.toString());
        List<GatewayProcess> gateways = new ArrayList<>();
        try (Connection connection = PostgresServer.connect(database);
                Statement lock = connection.createStatement()) {
            connection.setAutoCommit(false);
            lock.execute("lock table runtape.setting in exclusive mode");
            gateways.add(GatewayProcess.start(settings));
            gateways.add(GatewayProcess.start(settings));
            String waiting =
                    "select count(*) from pg_locks where relation = 'runtape.setting'::regclass and not granted";
            RunTable.await(
                    "both wait for the one that moves",
                    Duration.ofMinutes(3),
                    () -> number(connection, waiting) == 2 ? true : null);
            connection.commit();

            for (GatewayProcess gateway : gateways) {
                String run = get(gateway.ready(), "/history/v1/runs/" + id, OWNERS.get(0));
                assertTrue(run.startsWith("200"), run);
            }
            for (String said : List.of("has moved to the database", "had moved to the database")) {
                assertEquals(
                        1,
                        gateways.stream()
                                .flatMap(gateway -> gateway.output().stream())
                                .filter(line -> line.contains(said))
                                .count(),
                        said);
            }
        } finally {
            gateways.forEach(GatewayProcess::close);
        }
    }

    private void refusesOtherDatabases(Path dataDir, String moved) throws Exception {
        Map<String, String> onH2 = GatewayProcess.onH2(dataDir, upstream);
        try (GatewayProcess gateway = GatewayProcess.start(onH2).ready()) {
            assertTrue(gateway.isAlive());
            assertRefused(PostgresServer.freshDatabase(), dataDir.toString(), "A gateway uses the embedded database");
        }
        String used = PostgresServer.freshDatabase();
        GatewayProcess.start(GatewayProcess.onPostgres(used, upstream)).ready().close();
        assertRefused(used, dataDir.toString(), "only into an empty one");
        onH2.put("RUNTAPE_MOVE_FROM", dataDir.toString());
        assertRefused(onH2, "RUNTAPE_DATABASE_URL");
        assertNotEquals(used, moved);
    }

    private void assertRefused(String database, String from, String said) throws Exception {
        Map<String, String> settings = GatewayProcess.onPostgres(database, upstream);
        settings.put("RUNTAPE_MOVE_FROM", from);
        assertRefused(settings, said);
    }

    private static void assertRefused(Map<String, String> settings, String said) throws Exception {
        try (GatewayProcess gateway = GatewayProcess.start(settings)) {
            assertEquals(1, gateway.exit(Duration.ofMinutes(2)));
            assertTrue(
                    gateway.output().stream().anyMatch(line -> line.contains(said)),
                    () -> String.join("\n", gateway.output()));
        }
    }
}
