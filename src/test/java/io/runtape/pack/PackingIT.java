package io.runtape.pack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ShortRuns;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;

/**
 * Runs are packed a moment after their end, while others are recorded and readers tail and replay, some of them those that are
 * packed meanwhile; the gateway is killed amid that, again and again. Each run that was recorded to its end is read whole
 * afterwards. More rounds: {@code -Dpacking.rounds=50}; the same moments again: {@code -Dpacking.seed=…}.
 */
class PackingIT {

    private static final int ROUNDS = Integer.getInteger("packing.rounds", 4);
    private static final long SEED = Long.getLong("packing.seed", System.nanoTime());
    private static final int CALLERS = 6;
    private static final int LONG_RUN_FRAMES = 400;

    /** One round of so many is not over before a long run was packed while somebody tailed it. */
    private static final int TAILED_ROUND = 4;

    private static final int KILLED_AFTER_MILLIS_MAX = 2500;
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    /** Runs that fail in a way that might pass: more than there is time for if the others waited for each of them. */
    private static final int FAILING = 20;

    private static final String UNPACKED = "select count(*) from runtape.run where packed_at is null";
    private static final String BLOCKS = "select count(*) from runtape.block";
    private static final String PARTITIONS =
            "select count(*) from pg_inherits where inhparent = 'runtape.block'::regclass";

    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final ExecutorService callers = Executors.newCachedThreadPool();
    private final Map<String, Body> recorded = new ConcurrentHashMap<>();
    private final AtomicInteger packedWhileRead = new AtomicInteger();
    private final Set<GatewayProcess> killed = ConcurrentHashMap.newKeySet();
    private final Random random = new Random(SEED);

    private volatile Recorded last;

    /** A run that was just recorded, and how long that took. */
    private record Recorded(String id, long millis) {

        /** In this pace it goes on for about as long as it takes until the run is packed. */
        double slowly() {
            return Math.max(0.1, Math.min(100, millis / 300.0));
        }
    }

    /** What a run's response has, made anew where it is needed: all of them together may be gigabytes. */
    private record Body(long seed, boolean isLong) {

        static Body any(Random chance) {
            return new Body(chance.nextLong(), false);
        }

        /** Eight megabytes: sockets hold four for a reader that takes nothing, and its queue one. */
        static Body ofLongRun(Random chance) {
            return new Body(chance.nextLong(), true);
        }

        List<String> frames() {
            Random chance = new Random(seed);
            List<String> frames = new ArrayList<>();
            int count = isLong ? LONG_RUN_FRAMES : 1 + chance.nextInt(60);
            for (int i = 0; i < count; i++) {
                int words = isLong ? 4000 : chance.nextInt(i % 10 == 0 ? 4000 : 20);
                frames.add("data: " + i + " " + "word ".repeat(words) + "\n\n");
            }
            return frames;
        }

        byte[] bytes() {
            return String.join("", frames()).getBytes(UTF_8);
        }
    }

    /** When a run was packed; null if it is not, or the database cannot be asked beside the gateway. */
    @FunctionalInterface
    private interface PackedAt {
        PackedAt UNKNOWN = id -> null;

        Instant of(String id) throws SQLException;
    }

    @AfterEach
    void stop() {
        callers.shutdownNow();
        upstream.close();
    }

    @Test
    @Execution(CONCURRENT)
    void losesNothingOnH2(@TempDir Path dataDir) throws Exception {
        Map<String, String> settings = settings(GatewayProcess.onH2(dataDir, upstream));
        killAgainAndAgain(settings, PackedAt.UNKNOWN);
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
        try (Connection connection = PostgresServer.connect(database)) {
            killAgainAndAgain(settings, id -> packedAt(connection, id));
        }
        System.out.printf("packing test: %d runs packed while they were read%n", packedWhileRead.get());
        assertTrue(packedWhileRead.get() > 0, "no run was packed while it was read");
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
     * A block that cannot be read, as a fault of the disk leaves it, is of one run, and so is a page that the database cannot read, and
     * whatever else fails again and again; all others are packed.
     */
    @Test
    @Execution(CONCURRENT)
    void packsTheOthersWhereARunIsDamaged() throws Exception {
        String database = PostgresServer.freshDatabase();
        Map<String, String> settings = GatewayProcess.onPostgres(database, upstream);
        settings.put("RUNTAPE_ANONYMOUS", "true");
        settings.put("RUNTAPE_PACK_AFTER", "off");
        List<String> ids;
        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            ids = ShortRuns.record(gateway, upstream, FAILING + 4);
        }
        settings.put("RUNTAPE_PACK_AFTER", "50ms");
        try (Connection connection = PostgresServer.connect(database)) {
            try (Statement statement = connection.createStatement()) {
                assertEquals(
                        1,
                        statement.executeUpdate("update runtape.block set content = '\\xff'"
                                + " where run_pk = (select min(run_pk) from runtape.run)"));
            }
            damage(connection, 1, 1, "XX001");
            // The file of a table is gone: a fault that might pass.
            damage(connection, 2, FAILING, "58P01");
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                RunTable.await(
                        "the others are packed",
                        PATIENCE,
                        () -> number(connection, UNPACKED) == FAILING + 2 ? true : null);
                RunTable.await(
                        "they are counted",
                        PATIENCE,
                        () -> gateway.management().metric("runtape_packing_failures_total") == FAILING + 2
                                ? true
                                : null);
                for (String damaged : ids.subList(0, 2)) {
                    gateway.awaitLine("run " + damaged + " of owner anonymous cannot be packed");
                }
            }
        }
    }

    /** Has the database refuse to pack some runs, which are the first but so many, as with a fault of that state. */
    private static void damage(Connection connection, int before, int runs, String state) throws SQLException {
        String pk = "select run_pk from runtape.run order by run_pk limit 1 offset ";
        long first = number(connection, pk + before);
        long last = number(connection, pk + (before + runs - 1));
        try (Statement statement = connection.createStatement()) {
            statement.execute("create function runtape.damaged" + before + "() returns trigger language plpgsql as"
                    + " $$ begin raise exception 'it cannot be read' using errcode = '" + state + "'; end $$");
            statement.execute("create trigger damaged" + before
                    + " before insert on runtape.packed_block for each row when (new.run_pk between " + first + " and "
                    + last + ") execute function runtape.damaged" + before + "()");
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

    private static synchronized Instant packedAt(Connection connection, String id) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select packed_at from runtape.run where id = ?")) {
            select.setString(1, id);
            try (ResultSet row = select.executeQuery()) {
                OffsetDateTime packedAt = row.next() ? row.getObject(1, OffsetDateTime.class) : null;
                return packedAt == null ? null : packedAt.toInstant();
            }
        }
    }

    private void killAgainAndAgain(Map<String, String> settings, PackedAt packedAt) throws Exception {
        System.out.printf("packing test: %d rounds, seed %d%n", ROUNDS, SEED);
        for (int round = 0; round < ROUNDS; round++) {
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                List<Future<?>> calling = new ArrayList<>();
                for (int i = 0; i < CALLERS; i++) {
                    long seed = random.nextLong();
                    calling.add(callers.submit(() -> callUntilKilled(gateway, new Random(seed), packedAt)));
                }
                // The moment of the kill: what is tested is that none is a bad one.
                TimeUnit.MILLISECONDS.sleep(500 + random.nextInt(KILLED_AFTER_MILLIS_MAX));
                if (round % TAILED_ROUND == TAILED_ROUND - 1 || round == ROUNDS - 1) {
                    tailWhileItIsPacked(gateway, packedAt);
                }
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

    private void callUntilKilled(GatewayProcess gateway, Random chance, PackedAt packedAt) {
        try {
            while (!killed.contains(gateway)) {
                record(gateway, chance);
                List<String> ids = List.copyOf(recorded.keySet());
                Recorded latest = chance.nextBoolean() ? last : null;
                String id = latest == null ? ids.get(chance.nextInt(ids.size())) : latest.id;
                String view = chance.nextBoolean()
                        ? "/events?verbatim=true"
                        : "/replay?speed=" + (latest == null ? 100 : latest.slowly());
                try (WireResponse response = get(gateway, id, view)) {
                    response.readUpTo(1);
                    Instant began = Instant.now();
                    // So that the run may be packed, and its partition dropped, in between.
                    TimeUnit.MILLISECONDS.sleep(chance.nextInt(20));
                    assertReadable(response, id, began, packedAt);
                }
            }
        } catch (IOException | SQLException | AssertionError e) {
            assertTrue(killed.contains(gateway), e::toString);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String script(Body body, int pauseMillis) {
        return upstream.on(exchange -> {
                    exchange.head(200, "Content-Type: text/event-stream", "Transfer-Encoding: chunked");
                    for (String frame : body.frames()) {
                        exchange.chunk(frame.getBytes(UTF_8));
                        TimeUnit.MILLISECONDS.sleep(pauseMillis);
                    }
                    exchange.end();
                })
                .header();
    }

    private static WireResponse post(GatewayProcess gateway, String script) {
        return onceTheStoreIsThere(() -> gateway.client().post("/v1/run", "{}", script));
    }

    /** A busy database may stand still for a moment. */
    private static WireResponse onceTheStoreIsThere(Callable<WireResponse> call) {
        return WireResponse.againWhile("store_unavailable", PATIENCE, call);
    }

    private void record(GatewayProcess gateway, Random chance) throws IOException {
        Body body = Body.any(chance);
        long began = System.nanoTime();
        try (WireResponse response = post(gateway, script(body, chance.nextInt(3)))) {
            end(response, body, began);
        }
    }

    private void end(WireResponse response, Body body, long began) throws IOException {
        assertArrayEquals(body.bytes(), response.whole());
        String id = response.header("Runtape-Run-Id");
        recorded.put(id, body);
        last = new Recorded(id, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
    }

    /** The tail begins while the run is live, and takes the rest of it when it is packed. */
    private void tailWhileItIsPacked(GatewayProcess gateway, PackedAt packedAt) throws Exception {
        Body body = Body.ofLongRun(random);
        long began = System.nanoTime();
        try (WireResponse response = post(gateway, script(body, 0))) {
            String id = response.header("Runtape-Run-Id");
            try (WireResponse tail = get(gateway, id, "/events?verbatim=true")) {
                tail.readUpTo(1);
                Instant reading = Instant.now();
                end(response, body, began);
                if (packedAt == PackedAt.UNKNOWN) {
                    TimeUnit.MILLISECONDS.sleep(500);
                } else {
                    RunTable.await("it is packed", PATIENCE, () -> packedAt.of(id));
                }
                assertReadable(tail, id, reading, packedAt);
            }
        }
    }

    private static WireResponse get(GatewayProcess gateway, String id, String view) {
        return onceTheStoreIsThere(
                () -> gateway.client().get("/history/v1/runs/" + id + view, "Accept: text/event-stream"));
    }

    private void assertReadable(WireResponse response, String id, Instant began, PackedAt packedAt)
            throws IOException, SQLException {
        assertEquals(200, response.status());
        byte[] read = response.whole();
        Instant ended = Instant.now();
        assertArrayEquals(recorded.get(id).bytes(), read, id);
        Instant packed = packedAt.of(id);
        if (packed != null && packed.isAfter(began) && packed.isBefore(ended)) {
            packedWhileRead.incrementAndGet();
        }
    }

    private void assertAllReadable(GatewayProcess gateway) throws IOException, SQLException {
        for (String id : recorded.keySet()) {
            try (WireResponse response = get(gateway, id, "/events?verbatim=true")) {
                assertReadable(response, id, Instant.now(), PackedAt.UNKNOWN);
            }
        }
    }
}
