package io.runtape.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.runtape.testsupport.Exchange;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.OwnPostgres;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunTable.FrameRow;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;

/**
 * Kills the gateway in mid-stream, again and again, in one test stops its database as well, and compares what clients hold
 * with what the table holds. The kinds of crash take turns, and there are as many rounds as kinds; the moments are chance.
 * More rounds: {@code bench/crash.sh}; the same moments again: {@code -Dcrash.seed=…}.
 */
@Order(1)
class CrashIT {

    private static final int KINDS = 5;
    private static final int KINDS_WITH_THE_DATABASE = 6;
    private static final long SEED = Long.getLong("crash.seed", System.nanoTime());
    private static final int STREAMS = 40;
    private static final int KILLED_AFTER_MILLIS_MAX = 2000;
    private static final int KILLED_AT_FIRST_MILLIS_MAX = 200;
    private static final int DATABASE_STOPS_MAX = 2;
    private static final int DATABASE_AWAY_MILLIS_MAX = 1500;

    /** It does not live for long: compiling less is starting sooner. */
    private static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1";

    /** How runs end of which a client may hold something. */
    private static final Set<String> SEEN_OUTCOMES = Set.of("completed", "failed/gateway_lost");

    /** How runs end that nobody saw begin; the last where the database went before the head came. */
    private static final Set<String> OUTCOMES = Set.of("completed", "failed/gateway_lost", "failed/store_unavailable");

    /** What happens to a gateway under load. At its end the gateway is gone and the database is there. */
    @FunctionalInterface
    private interface Crash {
        void of(GatewayProcess gateway, int round, Random random) throws Exception;
    }

    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final ExecutorService clients = Executors.newCachedThreadPool();
    private final Semaphore headsCame = new Semaphore(0);
    private final Set<String> compared = new HashSet<>();
    private int databaseStops;
    private long heads;
    private long bytesHeld;
    private long bytesStored;

    @AfterEach
    void stop() {
        clients.shutdownNow();
        upstream.close();
    }

    @Test
    @Execution(CONCURRENT)
    void losesNothingThatAClientHoldsOnH2(@TempDir Path dataDir) throws Exception {
        survives("H2", GatewayProcess.onH2(dataDir, upstream), () -> h2(dataDir), KINDS, CrashIT::kill);
    }

    @Test
    @Execution(CONCURRENT)
    void losesNothingThatAClientHoldsOnPostgres() throws Exception {
        String database = PostgresServer.freshDatabase();
        survives(
                "PostgreSQL",
                withShortLease(GatewayProcess.onPostgres(database, upstream)),
                () -> PostgresServer.connect(database),
                KINDS,
                CrashIT::kill);
    }

    @Test
    @Execution(CONCURRENT)
    void losesNothingWhenTheDatabaseStopsToo() throws Exception {
        try (OwnPostgres database = OwnPostgres.start()) {
            survives(
                    "PostgreSQL that stops too",
                    withShortLease(GatewayProcess.onPostgres(database.address(), upstream)),
                    database::connect,
                    KINDS_WITH_THE_DATABASE,
                    (gateway, round, random) -> stopAndKill(database, gateway, round, random));
        }
    }

    private static Map<String, String> withShortLease(Map<String, String> settings) {
        settings.put("RUNTAPE_PACK_AFTER", "100ms");
        settings.put("RUNTAPE_NODE_LEASE", "1s");
        return settings;
    }

    private static void kill(GatewayProcess gateway, int round, Random random) throws InterruptedException {
        pause(random, comesWhileRunsBegin(round) ? KILLED_AT_FIRST_MILLIS_MAX : KILLED_AFTER_MILLIS_MAX);
        gateway.kill();
    }

    /** The database goes and comes back under the gateway, which is killed in the end, at times while it is away. */
    private void stopAndKill(OwnPostgres database, GatewayProcess gateway, int round, Random random) throws Exception {
        int stops = round % (DATABASE_STOPS_MAX + 1);
        boolean killedWhileAway = round % 2 == 0;
        for (int i = 1; i <= stops; i++) {
            pause(random, KILLED_AFTER_MILLIS_MAX / 2);
            database.stopImmediately();
            databaseStops++;
            pause(random, DATABASE_AWAY_MILLIS_MAX);
            if (i == stops && killedWhileAway) {
                gateway.kill();
            }
            database.startAgain();
        }
        if (gateway.isAlive()) {
            kill(gateway, round, random);
        }
    }

    /** One crash in five. */
    private static boolean comesWhileRunsBegin(int round) {
        return round % KINDS == 0;
    }

    /** The moment of a crash: what is tested is that none is a bad one. */
    private static void pause(Random random, int millisMax) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(random.nextInt(millisMax));
    }

    private static Connection h2(Path dataDir) throws SQLException {
        Properties login = new Properties();
        login.setProperty("user", "runtape");
        login.setProperty("password", "");
        String file = dataDir.toAbsolutePath().normalize().resolve("runtape").toString();
        return new org.h2.Driver()
                .connect(
                        "jdbc:h2:file:" + file + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;IFEXISTS=TRUE;SCHEMA=runtape",
                        login);
    }

    private void survives(
            String engine, Map<String, String> settings, RunTable.Connector database, int kinds, Crash crash)
            throws Exception {
        int rounds = Integer.getInteger("crash.rounds", kinds);
        System.out.printf("crash test on %s: %d rounds, seed %d%n", engine, rounds, SEED);
        Random random = new Random(SEED);
        List<Client> killed = List.of();
        for (int round = 1; round <= rounds; round++) {
            List<Client> killedNow = streamUntilCrash(settings, database, round, crash, random);
            // What this gateway did at first for the runs of the one before must have survived it too.
            compare(database, killed);
            killed = killedNow;
        }
        try (GatewayProcess last = GatewayProcess.start(settings, SHORT_LIVED).ready()) {
            awaitLostRunsClosed(settings, database);
            last.kill();
        }
        compare(database, killed);
        assertAllCompared(database);
        System.out.printf(
                "crash test on %s: %d rounds, %d stops of the database, %d runs,"
                        + " %d heads and %d bytes held by clients and found, %d bytes stored%n",
                engine, rounds, databaseStops, compared.size(), heads, bytesHeld, bytesStored);
    }

    private List<Client> streamUntilCrash(
            Map<String, String> settings, RunTable.Connector database, int round, Crash crash, Random random)
            throws Exception {
        headsCame.drainPermits();
        try (GatewayProcess gateway =
                GatewayProcess.start(settings, SHORT_LIVED).ready()) {
            awaitLostRunsClosed(settings, database);
            List<Client> streaming = new ArrayList<>();
            List<Future<Void>> reading = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                Client client = new Client(gateway, "round " + round + ", stream " + i, random.nextLong());
                streaming.add(client);
                reading.add(clients.submit(client));
            }
            int headsAwaited = comesWhileRunsBegin(round) ? random.nextInt(2) : STREAMS / 2;
            assertTrue(headsCame.tryAcquire(headsAwaited, 60, TimeUnit.SECONDS), "no heads come");
            crash.of(gateway, round, random);
            for (Future<Void> each : reading) {
                each.get(30, TimeUnit.SECONDS);
            }
            return streaming;
        }
    }

    /** On PostgreSQL another gateway might still live: its runs are closed when its lease is over, and not at the start. */
    private static void awaitLostRunsClosed(Map<String, String> settings, RunTable.Connector database)
            throws SQLException {
        if (!settings.containsKey("RUNTAPE_DATABASE_URL")) {
            return;
        }
        try (RunTable table = new RunTable(database)) {
            RunTable.await(
                    "the runs of the gateway before are closed",
                    () -> table.runs().stream().noneMatch(RunRow::running) ? true : null);
        }
    }

    private void compare(RunTable.Connector database, List<Client> killed) throws Exception {
        try (RunTable table = new RunTable(database)) {
            Map<String, RunRow> byPrompt = table.runs().stream().collect(Collectors.toMap(RunRow::prompt, run -> run));
            for (Client client : killed) {
                RunRow run = byPrompt.get(client.prompt);
                if (run == null) {
                    assertNull(client.runId, client.prompt + " has a head and no run");
                    assertTrue(client.script.isUncalled(), client.prompt + " was called before its run was stored");
                    continue;
                }
                List<FrameRow> frames = table.frames(run.id());
                assertOrderly(run, frames);
                byte[] stored = bytes(frames);
                assertPrefix(stored, client.sent(), client.prompt + " holds what the agent API never said");
                if (client.runId != null) {
                    compare(client, run, stored);
                }
                compared.add(run.id());
            }
        }
    }

    private void assertAllCompared(RunTable.Connector database) throws SQLException {
        try (RunTable table = new RunTable(database)) {
            assertEquals(compared, table.runs().stream().map(RunRow::id).collect(Collectors.toSet()));
        }
    }

    private static byte[] bytes(List<FrameRow> frames) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        frames.forEach(frame -> all.writeBytes(frame.bytes()));
        return all.toByteArray();
    }

    private void compare(Client client, RunRow run, byte[] stored) {
        assertEquals(client.runId, run.id());
        assertNotNull(run.upstreamStatus(), client.prompt + " has a head that is not stored");
        assertTrue(SEEN_OUTCOMES.contains(run.outcome()), run.toString());
        assertPrefix(client.held, stored, client.prompt + ": the client holds what is not stored");
        if (client.whole) {
            assertEquals("completed", run.outcome());
            assertEquals(stored.length, client.held.length);
        }
        heads++;
        bytesHeld += client.held.length;
    }

    private static void assertPrefix(byte[] prefix, byte[] of, String otherwise) {
        assertTrue(prefix.length <= of.length, () -> otherwise + " (" + prefix.length + " bytes, " + of.length + ")");
        assertTrue(Arrays.equals(prefix, 0, prefix.length, of, 0, prefix.length), otherwise);
    }

    private void assertOrderly(RunRow run, List<FrameRow> frames) {
        assertFalse(run.running(), run.toString());
        assertTrue(OUTCOMES.contains(run.outcome()), run.toString());
        assertTrue(run.completed(), run.toString());
        for (int i = 0; i < frames.size(); i++) {
            assertEquals(i + 1, frames.get(i).sequence(), run.toString());
        }
        long bytes = frames.stream().mapToLong(frame -> frame.bytes().length).sum();
        assertEquals(frames.size(), run.frames(), run.toString());
        assertEquals(frames.size(), run.lastSequence(), run.toString());
        assertEquals(bytes, run.bytes(), run.toString());
        bytesStored += bytes;
    }

    /** A client of one stream, and the script of the agent behind it. */
    private final class Client implements Callable<Void> {

        private final GatewayProcess gateway;
        private final String prompt;
        private final Scripted script;
        private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
        private final boolean reads;
        private String runId;
        private byte[] held = {};
        private boolean whole;

        Client(GatewayProcess gateway, String prompt, long seed) {
            this.gateway = gateway;
            this.prompt = prompt;
            Random random = new Random(seed);
            // One in ten reads nothing until the gateway is gone: what its socket holds must be stored as well.
            this.reads = random.nextInt(10) > 0;
            this.script = upstream.on(exchange -> answer(exchange, random));
        }

        private void answer(Exchange exchange, Random random) throws Exception {
            exchange.streamHead();
            int chunks = 20 + random.nextInt(500);
            for (int i = 0; i < chunks; i++) {
                String said = prompt + " " + i + " " + "x".repeat(random.nextInt(1000));
                int times = random.nextInt(50) == 0 ? 100 : 1;
                byte[] chunk =
                        ("event: token\ndata: " + said + "\n\n").repeat(times).getBytes(UTF_8);
                sent.writeBytes(chunk);
                exchange.chunk(chunk);
                TimeUnit.MILLISECONDS.sleep(random.nextInt(20));
            }
            exchange.end();
        }

        byte[] sent() {
            return sent.toByteArray();
        }

        @Override
        public Void call() throws Exception {
            try (WireResponse response =
                    gateway.client().post("/v1/run", "{\"prompt\":\"" + prompt + "\"}", script.header())) {
                if (!reads) {
                    gateway.exit(ScriptedUpstream.PATIENCE.multipliedBy(2));
                }
                if (response.status() != 200) {
                    // The database was away when the run was about to begin.
                    return null;
                }
                runId = response.header("Runtape-Run-Id");
                headsCame.release();
                held = response.readAll();
                whole = response.end() == WireResponse.End.WHOLE;
            } catch (IOException killedBeforeItsHead) {
                // Holds nothing.
            }
            return null;
        }
    }
}
