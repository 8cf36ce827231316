package io.runtape.pack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;

/**
 * Runs are packed a moment after their end, while others are recorded and readers tail and replay; the gateway is killed amid
 * that, again and again. Each run that was recorded to its end is read whole afterwards. More rounds:
 * {@code -Dpacking.rounds=50}; the same moments again: {@code -Dpacking.seed=…}.
 */
class PackingIT {

    private static final int ROUNDS = Integer.getInteger("packing.rounds", 4);
    private static final long SEED = Long.getLong("packing.seed", System.nanoTime());
    private static final int CALLERS = 6;
    private static final int KILLED_AFTER_MILLIS_MAX = 2500;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final String UNPACKED = "select count(*) from runtape.run where packed_at is null";
    private static final String BLOCKS = "select count(*) from runtape.block";
    private static final String PARTITIONS =
            "select count(*) from pg_inherits where inhparent = 'runtape.block'::regclass";

    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final ExecutorService callers = Executors.newCachedThreadPool();
    private final Map<String, byte[]> recorded = new ConcurrentHashMap<>();
    private final Set<GatewayProcess> killed = ConcurrentHashMap.newKeySet();
    private final Random random = new Random(SEED);

    @AfterEach
    void stop() {
        callers.shutdownNow();
        upstream.close();
    }

    @Test
    @Execution(CONCURRENT)
    void losesNothingOnH2(@TempDir Path dataDir) throws Exception {
        Map<String, String> settings = settings(GatewayProcess.onH2(dataDir, upstream));
        killAgainAndAgain(settings);
        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            assertAllReadable(gateway);
        }
    }

    @Test
    @Execution(CONCURRENT)
    void losesNothingOnPostgresAndGivesTheSpaceBack() throws Exception {
        String database = PostgresServer.freshDatabase();
        Map<String, String> settings = settings(GatewayProcess.onPostgres(database, upstream));
        settings.put("RUNTAPE_NODE_LEASE", "1s");
        killAgainAndAgain(settings);
        try (GatewayProcess gateway = GatewayProcess.start(settings).ready();
                Connection connection = PostgresServer.connect(database)) {
            RunTable.await("all runs are packed", PATIENCE, () -> number(connection, UNPACKED) == 0 ? true : null);
            RunTable.await(
                    "their partitions are dropped", PATIENCE, () -> number(connection, BLOCKS) == 0 ? true : null);
            // The present one and those behind it.
            RunTable.await("few are left", PATIENCE, () -> number(connection, PARTITIONS) <= 4 ? true : null);
            assertAllReadable(gateway);
        }
    }

    /**
     * A block that cannot be read, as a fault of the disk leaves it, is of one run, and so is a page that the database cannot read; all
     * others are packed.
     */
    @Test
    @Execution(CONCURRENT)
    void packsTheOthersWhereARunIsDamaged() throws Exception {
        String database = PostgresServer.freshDatabase();
        Map<String, String> settings = GatewayProcess.onPostgres(database, upstream);
        settings.put("RUNTAPE_ANONYMOUS", "true");
        settings.put("RUNTAPE_PACK_AFTER", "off");
        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            for (int i = 0; i < 4; i++) {
                try (WireResponse response = gateway.client()
                        .post(
                                "/v1/run",
                                "{}",
                                upstream.on(Script.stream("data: x\n\n")).header())) {
                    response.whole();
                }
            }
        }
        settings.put("RUNTAPE_PACK_AFTER", "50ms");
        try (Connection connection = PostgresServer.connect(database)) {
            try (Statement statement = connection.createStatement()) {
                assertEquals(
                        1,
                        statement.executeUpdate("update runtape.block set content = '\\xff'"
                                + " where run_pk = (select min(run_pk) from runtape.run)"));
            }
            damagePage(
                    connection, number(connection, "select run_pk from runtape.run order by run_pk offset 1 limit 1"));
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                RunTable.await(
                        "the others are packed", PATIENCE, () -> number(connection, UNPACKED) == 2 ? true : null);
                RunTable.await(
                        "they are counted",
                        PATIENCE,
                        () -> gateway.management().metric("runtape_packing_failures_total") == 2 ? true : null);
            }
        }
    }

    /** Has the database say of a run what it says of a page that it cannot read. */
    private static void damagePage(Connection connection, long runPk) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create function runtape.damaged() returns trigger language plpgsql as"
                    + " $$ begin raise exception 'invalid page' using errcode = 'XX001'; end $$");
            statement.execute(
                    "create trigger damaged before insert on runtape.packed_block for each row when (new.run_pk = "
                            + runPk + ") execute function runtape.damaged()");
        }
    }

    private static long number(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static Map<String, String> settings(Map<String, String> settings) {
        settings.put("RUNTAPE_PACK_AFTER", "50ms");
        settings.put("RUNTAPE_ANONYMOUS", "true");
        return settings;
    }

    private void killAgainAndAgain(Map<String, String> settings) throws Exception {
        System.out.printf("packing test: %d rounds, seed %d%n", ROUNDS, SEED);
        for (int round = 0; round < ROUNDS; round++) {
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                List<Future<?>> calling = new ArrayList<>();
                for (int i = 0; i < CALLERS; i++) {
                    long seed = random.nextLong();
                    calling.add(callers.submit(() -> callUntilKilled(gateway, new Random(seed))));
                }
                // The moment of the kill: what is tested is that none is a bad one.
                TimeUnit.MILLISECONDS.sleep(500 + random.nextInt(KILLED_AFTER_MILLIS_MAX));
                killed.add(gateway);
                gateway.kill();
                for (Future<?> each : calling) {
                    each.get(30, TimeUnit.SECONDS);
                }
            }
        }
        System.out.printf("packing test: %d runs recorded%n", recorded.size());
        assertTrue(recorded.size() > ROUNDS, "hardly any run was recorded");
    }

    private void callUntilKilled(GatewayProcess gateway, Random chance) {
        try {
            while (!killed.contains(gateway)) {
                record(gateway, chance);
                List<String> ids = List.copyOf(recorded.keySet());
                if (!ids.isEmpty()) {
                    String id = ids.get(chance.nextInt(ids.size()));
                    String view = chance.nextBoolean() ? "/events?verbatim=true" : "/replay?speed=100";
                    assertReadable(gateway, id, view, chance.nextInt(20));
                }
            }
        } catch (IOException | AssertionError e) {
            assertTrue(killed.contains(gateway), e::toString);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void record(GatewayProcess gateway, Random chance) throws IOException {
        StringBuilder body = new StringBuilder();
        List<byte[]> chunks = new ArrayList<>();
        int frames = 1 + chance.nextInt(60);
        for (int i = 0; i < frames; i++) {
            String frame = "data: " + i + " " + "word ".repeat(chance.nextInt(i % 10 == 0 ? 4000 : 20)) + "\n\n";
            body.append(frame);
            chunks.add(frame.getBytes(UTF_8));
        }
        String script = upstream.on(exchange -> {
                    exchange.head(200, "Content-Type: text/event-stream", "Transfer-Encoding: chunked");
                    for (byte[] chunk : chunks) {
                        exchange.chunk(chunk);
                    }
                    exchange.end();
                })
                .header();
        try (WireResponse response = gateway.client().post("/v1/run", "{}", script)) {
            String id = response.header("Runtape-Run-Id");
            byte[] whole = response.whole();
            assertEquals(body.toString(), new String(whole, UTF_8));
            recorded.put(id, whole);
        }
    }

    /** Reads slowly at first, so that the run may be packed, and its partition dropped, in between. */
    private void assertReadable(GatewayProcess gateway, String id, String view, int pauseMillis)
            throws IOException, InterruptedException {
        try (WireResponse response =
                gateway.client().get("/history/v1/runs/" + id + view, "Accept: text/event-stream")) {
            assertEquals(200, response.status());
            response.readUpTo(1);
            TimeUnit.MILLISECONDS.sleep(pauseMillis);
            assertArrayEquals(recorded.get(id), response.whole(), id + view);
        }
    }

    private void assertAllReadable(GatewayProcess gateway) throws IOException, InterruptedException {
        for (String id : recorded.keySet()) {
            assertReadable(gateway, id, "/events?verbatim=true", 0);
        }
    }
}
