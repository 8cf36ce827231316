package io.runtape.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable.FrameSum;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * A table is locked for longer than several leases, as by an operator, or while an index is built. Commits wait
 * for it at both gateways, and neither is taken for dead. For longer, and more often: {@code -Dlocked.seconds=60
 * -Dlocked.rounds=10}.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LockedFramesIT {

    /** Longer than a busy machine may leave a healthy gateway without a processor. */
    private static final Duration LEASE = Duration.ofSeconds(5);

    /** Longer than a statement of the committer may take, so that commits are also given up and made again meanwhile. */
    private static final Duration LOCK = Duration.ofSeconds(Integer.getInteger("locked.seconds", 18));

    private static final int ROUNDS = Integer.getInteger("locked.rounds", 1);

    private static final Duration PATIENCE = LOCK.plusMinutes(1);

    private static final int CALLERS = 20;
    private static final int CALLS_BEFORE = 5 * CALLERS;
    private static final int SHORT_EVENTS = 20;
    private static final int PAUSE_MILLIS_MAX = 20;

    /** More frames than go by one statement: their transaction holds its gateway's row while it waits. */
    private static final int BURST = 300;

    private static final String[] SETTINGS = {
        "RUNTAPE_NODE_LEASE", LEASE.toSeconds() + "s", "RUNTAPE_STORE_TIMEOUT", PATIENCE.toSeconds() + "s"
    };

    private static final TwoGateways CLUSTER = new TwoGateways();
    private static final List<GatewayProcess> GATEWAYS = new ArrayList<>();

    private final ExecutorService clients = Executors.newCachedThreadPool();

    @BeforeAll
    static void start() throws IOException {
        GATEWAYS.add(CLUSTER.start(SETTINGS).crowded());
        GATEWAYS.add(CLUSTER.start(SETTINGS).crowded());
    }

    @AfterAll
    static void stop() throws SQLException {
        CLUSTER.close();
    }

    @AfterEach
    void stopClients() {
        clients.shutdownNow();
    }

    /** What is done to the table, in a transaction that lasts. */
    private enum Locking {
        LOCK("lock table block in access exclusive mode"),
        LOCK_ON_RUNS("lock table run in access exclusive mode"),
        INDEX("create index block_by_sequence on block (last_sequence)"),
        INDEX_ON_RUNS("create index run_by_prompt on run (prompt)");

        private final String sql;

        Locking(String sql) {
            this.sql = sql;
        }

        Connection begin(String database) throws SQLException {
            Connection connection = PostgresServer.connect(database);
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
            return connection;
        }
    }

    private static final String WAITING = " from pg_stat_activity where datname = current_database()"
            + " and wait_event_type = 'Lock' and application_name like 'runtape-node-%'";

    /** How many gateways have a commit that waits. */
    private long waiting() throws SQLException {
        return CLUSTER.number("select count(*)" + WAITING);
    }

    /** The session of the one commit that waits. */
    private long waitingSession() throws SQLException {
        return CLUSTER.number("select coalesce(max(pid), 0)" + WAITING);
    }

    /** How long it lasts is what is tested; nothing is waited for by it. */
    private static void lasts(Duration time) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(time.toNanos());
    }

    /** A run that begins: its transaction holds its gateway's row, and waits. The other gateway waits for nothing, and looks. */
    @Test
    void takesNobodyForDeadWhoseCommitWaits() throws Exception {
        GatewayProcess waits = GATEWAYS.get(0);
        WireResponse response;
        try (Connection locking = Locking.INDEX_ON_RUNS.begin(CLUSTER.database())) {
            response = CLUSTER.post(waits, Script.stream("data: x\n\n"));
            await("its commit waits").until(() -> waiting() == 1);
            long session = waitingSession();
            // The other one would act by now, and the committer itself does not yet.
            lasts(LEASE.plusSeconds(2));
            assertEquals(session, waitingSession(), "its session was ended");
            locking.rollback();
        }

        try (response) {
            assertEquals(503, response.status());
        }
        await("it takes runs again").atMost(ScriptedUpstream.PATIENCE).until(() -> takesRuns(waits));
        GATEWAYS.forEach(gateway -> assertTrue(gateway.isAlive()));
        awaitOutcomes();
    }

    /** Each beat looks for cancels, in the table of runs. It comes first: what it counts is not that of the other tests. */
    @Test
    @Order(1)
    void beatsWhileRunsAreLocked() throws Exception {
        List<String> missing = missingBeatsWhileRunsAreLocked();
        // The disk may have stood still. A beat that waits for the lock is missing each time.
        for (int again = 1; again < 3 && !missing.isEmpty(); again++) {
            missing = missingBeatsWhileRunsAreLocked();
        }
        assertEquals(List.of(), missing);
    }

    /** What the gateways say of beats that they could not make. */
    private List<String> missingBeatsWhileRunsAreLocked() throws Exception {
        List<Integer> saidBefore =
                GATEWAYS.stream().map(gateway -> gateway.output().size()).toList();
        long sessions = sessions();
        try (Connection locking = Locking.LOCK_ON_RUNS.begin(CLUSTER.database())) {
            lasts(LEASE.multipliedBy(2));
            // Not more than that of this test: none was left behind at the server.
            assertTrue(sessions() <= sessions + 1, sessions() + " sessions, before it were " + sessions);
            locking.rollback();
        }

        List<String> missing = new ArrayList<>();
        for (int i = 0; i < GATEWAYS.size(); i++) {
            assertTrue(GATEWAYS.get(i).isAlive());
            GATEWAYS.get(i).output().stream()
                    .skip(saidBefore.get(i))
                    .filter(line -> line.contains("the heartbeat of this gateway cannot be written"))
                    .forEach(missing::add);
        }
        return missing;
    }

    private long sessions() throws SQLException {
        return CLUSTER.number("select count(*) from pg_stat_activity"
                + " where datname = current_database() and backend_type = 'client backend'");
    }

    private boolean takesRuns(GatewayProcess gateway) throws IOException {
        try (WireResponse response = CLUSTER.post(gateway, Script.stream("data: y\n\n"))) {
            return response.status() == 200 && response.whole().length > 0;
        }
    }

    @Test
    void losesNothingWhileFramesAreLocked() throws Exception {
        for (int round = 1; round <= ROUNDS; round++) {
            for (Locking locking : List.of(Locking.LOCK, Locking.INDEX)) {
                long began = System.nanoTime();
                Traffic traffic = new Traffic();
                traffic.awaitUnderWay();
                try (Connection connection = locking.begin(CLUSTER.database())) {
                    await("commits wait").atMost(ScriptedUpstream.PATIENCE).until(() -> waiting() > 0);
                    lasts(LOCK);
                    connection.rollback();
                }
                List<Call> calls = traffic.end();

                GATEWAYS.forEach(gateway -> assertTrue(gateway.isAlive(), "a gateway has ended"));
                assertNothingLost(calls);
                System.out.printf(
                        "round %d, %s for %d s, lease %d s: %s, all in %d s%n",
                        round,
                        locking,
                        LOCK.toSeconds(),
                        LEASE.toSeconds(),
                        calls.stream().collect(Collectors.groupingBy(Call::toString, Collectors.counting())),
                        Duration.ofNanos(System.nanoTime() - began).toSeconds());
            }
        }
    }

    /** What became of a call. */
    private record Call(String id, boolean answered, WireResponse.End end, String said, String held) {

        @Override
        public String toString() {
            return answered ? "answered " + end : "refused";
        }
    }

    /** Callers at both gateways who begin one short run after the other, and runs that last from beginning to end. */
    private final class Traffic {

        private final CountDownLatch enough = new CountDownLatch(1);
        private final AtomicInteger made = new AtomicInteger();
        private final List<Future<List<Call>>> calling = new ArrayList<>();

        Traffic() {
            for (int i = 0; i < CALLERS; i++) {
                GatewayProcess gateway = GATEWAYS.get(i % GATEWAYS.size());
                Random random = new Random(i);
                boolean lasting = i < GATEWAYS.size();
                calling.add(clients.submit(() -> callAgainAndAgain(gateway, lasting, random)));
            }
        }

        private List<Call> callAgainAndAgain(GatewayProcess gateway, boolean lasting, Random random) throws Exception {
            List<Call> calls = new ArrayList<>();
            while (enough.getCount() > 0) {
                calls.add(call(gateway, lasting ? Integer.MAX_VALUE : random.nextInt(1, SHORT_EVENTS), random));
                made.incrementAndGet();
            }
            return calls;
        }

        private Call call(GatewayProcess gateway, int events, Random random) throws Exception {
            StringBuilder said = new StringBuilder();
            Scripted script = CLUSTER.upstream().on(speaking(events, random, said));
            try (WireResponse response = gateway.client()
                    .post("/v1/run", "{\"agent\":\"a\"}", TwoGateways.CREDENTIAL, script.header())
                    .patient(PATIENCE)) {
                if (response.status() != 200) {
                    assertEquals(503, response.status());
                    assertTrue(script.isUncalled(), "an agent was called for a run that was refused");
                    enough.await(PAUSE_MILLIS_MAX * 10, TimeUnit.MILLISECONDS);
                    return new Call("", false, null, "", "");
                }
                response.readAll();
                script.done();
                return new Call(
                        response.header("Runtape-Run-Id"), true, response.end(), said.toString(), response.text());
            }
        }

        private Script speaking(int events, Random random, StringBuilder said) {
            return exchange -> {
                exchange.streamHead();
                for (int i = 1; i <= events && (i == 1 || events < SHORT_EVENTS || enough.getCount() > 0); i++) {
                    String event = "event: step\ndata: says " + i + "\n\n";
                    String chunk = random.nextInt(10) == 0 ? event.repeat(BURST) : event;
                    said.append(chunk);
                    exchange.chunk(chunk);
                    TimeUnit.MILLISECONDS.sleep(random.nextInt(PAUSE_MILLIS_MAX));
                }
                exchange.end();
            };
        }

        void awaitUnderWay() {
            await("calls are made").atMost(ScriptedUpstream.PATIENCE).until(() -> made.get() > CALLS_BEFORE);
        }

        List<Call> end() throws Exception {
            enough.countDown();
            List<Call> all = new ArrayList<>();
            for (Future<List<Call>> each : calling) {
                all.addAll(each.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
            }
            return all;
        }
    }

    private void assertNothingLost(List<Call> calls) throws Exception {
        awaitOutcomes();
        for (Call call : calls) {
            if (call.answered()) {
                assertEquals(WireResponse.End.WHOLE, call.end(), call::id);
                assertEquals(call.said(), call.held(), call::id);
                assertEquals(call.said(), new String(CLUSTER.table().bytes(call.id()), UTF_8), call::id);
                FrameSum stored = CLUSTER.table().sum(call.id());
                assertTrue(stored.inSequence(), stored::toString);
            }
        }
    }

    /** All runs end, as they should, but for those whose rows were written after all when their calls had been refused. */
    private void awaitOutcomes() throws SQLException {
        await("all runs have ended")
                .atMost(PATIENCE)
                .until(() -> CLUSTER.number("select count(*) from run where status = 'running'") == 0);
        Map<String, Long> outcomes =
                CLUSTER.table().runs().stream().collect(Collectors.groupingBy(RunRow::outcome, Collectors.counting()));
        outcomes.remove("completed");
        outcomes.remove("failed/store_unavailable");
        assertEquals(Map.of(), outcomes);
    }
}
