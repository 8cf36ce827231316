package io.runtape.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.Exchange;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunTable.FrameRow;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Four gateways on one database, three of which are lost under load: one is killed, one stands still past its lease and goes
 * on, one is told to stop. Clients wander between them all the while and must hold in the end what the tables hold. The same
 * moments again: {@code -Dcluster.seed=…}.
 */
class SeveralGatewaysIT {

    private static final long SEED = Long.getLong("cluster.seed", System.nanoTime());
    private static final int RUNS = 60;
    private static final int EVENTS = 600;
    private static final int PAUSE_MILLIS_MAX = 40;
    private static final Duration DRAIN = Duration.ofSeconds(4);

    /**
     * Longer than a busy machine may leave a healthy gateway without a processor; and the one that is told to stop is gone before
     * the others are found dead, after four fifths of it, so that it takes up nothing which its own end would cut short.
     */
    private static final Duration LEASE = DRAIN.multipliedBy(3);

    /** So far a run comes before gateways go; those that are to be lost come no further. */
    private static final int EVENTS_BEFORE = EVENTS * 2 / 3;

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** They do not live for long: compiling less is starting sooner. */
    private static final String[] SHORT_LIVED = {"-XX:TieredStopAtLevel=1", "-Xmx256m"};

    /** Notes each time that a run's end is written. */
    private static final String NOTE_ENDS = """
            create table ending (run_pk bigint, outcome text);
            create function note_end() returns trigger language plpgsql as $$
            begin
                insert into ending values (new.run_pk, concat_ws('/', new.status, new.reason));
                return null;
            end $$;
            create trigger note_end after update of status on run
                for each row when (new.status <> 'running') execute function note_end();
            """;

    private static final Pattern CLOSED = Pattern.compile("(\\d+) runs of a dead gateway were closed");

    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final String database = PostgresServer.freshDatabase();
    private final RunTable table = new RunTable(() -> PostgresServer.connect(database));
    private final Random random = new Random(SEED);
    private final List<GatewayProcess> gateways = new ArrayList<>();
    private final ExecutorService clients = Executors.newCachedThreadPool();
    private final CountDownLatch gatewaysGo = new CountDownLatch(1);

    @AfterEach
    void stop() throws Exception {
        clients.shutdownNow();
        gatewaysGo.countDown();
        upstream.close();
        table.close();
        GatewayProcess.closeAll(gateways);
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = PostgresServer.connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void losesAndRepeatsNothingWhileGatewaysGo() throws Exception {
        System.out.printf("%d runs of %d events, seed %d%n", RUNS, EVENTS, SEED);
        GatewayProcess killed = start();
        GatewayProcess stopped = start();
        GatewayProcess drained = start();
        GatewayProcess staying = start();
        execute(NOTE_ENDS);
        List<WanderingReader> readers = new ArrayList<>();
        List<Future<WanderingReader>> following = new ArrayList<>();
        for (int i = 0; i < RUNS; i++) {
            WanderingReader reader = reader(i, gateways.get(i % gateways.size()), drained);
            readers.add(reader);
            following.add(clients.submit(reader::follow));
        }

        awaitEvents(readers, 1 + random.nextInt(EVENTS_BEFORE));
        killed.kill();
        stopped.freeze();
        drained.terminate();
        gatewaysGo.countDown();
        List<RunRow> ofStopped = awaitClosed(readers, stopped);
        stopped.thaw();

        assertEquals(1, stopped.exit(PATIENCE), () -> String.join("\n", stopped.output()));
        assertEquals(143, drained.exit(PATIENCE), "what a JVM says that was told to stop");
        for (Future<WanderingReader> each : following) {
            each.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        }
        assertEquals(ofStopped, ofStopped.stream().map(run -> row(run.id())).toList(), "written past the fence");
        assertEachEndedOnce(readers);
        for (WanderingReader reader : readers) {
            assertHoldsWhatIsStored(reader);
        }
        print(readers);
        assertClosedOnceByOthers();
        assertEquals(Set.of("failed/gateway_lost"), outcomes(readers, killed));
        assertEquals(Set.of("failed/gateway_lost"), outcomes(readers, stopped));
        assertEquals(Set.of("completed", "failed/gateway_stopped"), outcomes(readers, drained));
        assertEquals(Set.of("completed"), outcomes(readers, staying));
    }

    private static Set<String> outcomes(List<WanderingReader> readers, GatewayProcess gateway) {
        return readers.stream()
                .filter(reader -> reader.first() == gateway)
                .map(WanderingReader::outcome)
                .collect(Collectors.toSet());
    }

    /** One after the other, and each with a run of its own: starting takes more than what follows. */
    private GatewayProcess start() throws IOException {
        Map<String, String> settings = new HashMap<>(GatewayProcess.onPostgres(database, upstream));
        settings.put("RUNTAPE_NODE_LEASE", LEASE.toSeconds() + "s");
        settings.put("RUNTAPE_DRAIN_TIMEOUT", DRAIN.toSeconds() + "s");
        GatewayProcess gateway = GatewayProcess.start(settings, SHORT_LIVED).crowded();
        gateways.add(gateway);
        try (WireResponse response = gateway.client()
                .post("/v1/run", "{}", upstream.on(Script.stream("data: x\n\n")).header())) {
            response.whole();
        }
        return gateway;
    }

    /** Of the runs of the gateway that is told to stop half make haste then, and half do not come to their end in time. */
    private WanderingReader reader(int number, GatewayProcess first, GatewayProcess drained) {
        boolean endless = first == drained && number / 4 % 2 == 0;
        boolean hasty = first == drained && !endless;
        long seed = random.nextLong();
        return new WanderingReader(
                first,
                gateways,
                upstream.on(exchange -> speak(exchange, number, endless, hasty, new Random(seed))),
                random.nextLong());
    }

    /** An agent's pace is its own: some runs are far when others have just begun. */
    private void speak(Exchange exchange, int number, boolean endless, boolean hasty, Random random) throws Exception {
        exchange.streamHead();
        int pauseMax = PAUSE_MILLIS_MAX / 4 + random.nextInt(PAUSE_MILLIS_MAX * 3 / 4);
        for (int i = 1; i <= EVENTS; i++) {
            if (i == EVENTS_BEFORE + 1) {
                gatewaysGo.await();
                if (endless) {
                    exchange.awaitPeerGone();
                }
            }
            exchange.chunk(event(number, i));
            if (!hasty || gatewaysGo.getCount() > 0) {
                TimeUnit.MILLISECONDS.sleep(random.nextInt(pauseMax + 1));
            }
        }
        exchange.end();
    }

    private static String event(int number, int i) {
        return "event: step\ndata: run %d says %d %s\n\n".formatted(number, i, "x".repeat((number * 31 + i) % 200));
    }

    private static void awaitEvents(List<WanderingReader> readers, int each) {
        Awaitility.await("all runs are under way")
                .atMost(PATIENCE)
                .until(() -> readers.stream().allMatch(reader -> reader.position() >= each));
    }

    private List<RunRow> awaitClosed(List<WanderingReader> readers, GatewayProcess gateway) {
        List<String> runs = readers.stream()
                .filter(reader -> reader.first() == gateway)
                .map(WanderingReader::runId)
                .toList();
        return RunTable.await("the runs of the one that stands still are closed", PATIENCE, () -> {
            List<RunRow> rows = runs.stream().map(this::row).toList();
            return rows.stream().noneMatch(RunRow::running) ? rows : null;
        });
    }

    private RunRow row(String id) {
        try {
            return table.run(id);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private void assertEachEndedOnce(List<WanderingReader> readers) throws SQLException {
        Map<Long, String> ends = new HashMap<>();
        try (Connection connection = PostgresServer.connect(database);
                Statement select = connection.createStatement();
                ResultSet row = select.executeQuery("select run_pk, outcome from ending")) {
            while (row.next()) {
                String before = ends.put(row.getLong(1), row.getString(2));
                assertNull(before, "a run has ended twice, the second time " + row.getString(2));
            }
        }
        Map<Long, String> expected = readers.stream()
                .collect(Collectors.toMap(reader -> row(reader.runId()).pk(), WanderingReader::outcome));
        assertEquals(expected, ends);
    }

    private void assertHoldsWhatIsStored(WanderingReader reader) throws SQLException {
        RunRow run = table.run(reader.runId());
        List<FrameRow> frames = table.frames(reader.runId());
        assertEquals(run.outcome(), reader.outcome(), reader::toString);
        assertEquals(frames.size(), run.lastSequence(), reader::toString);
        assertEquals(frames.size(), run.frames(), reader::toString);
        assertEquals(frames.size(), run.events(), reader::toString);
        assertEquals(
                frames.stream().map(frame -> new String(frame.bytes(), UTF_8)).toList(),
                reader.held(),
                reader::toString);
        if (run.outcome().equals("completed")) {
            assertEquals(EVENTS, frames.size(), reader::toString);
        }
        for (int i = 0; i < frames.size(); i++) {
            assertEquals(i + 1, frames.get(i).sequence(), reader::toString);
            assertTrue(reader.held().get(i).contains(" says " + (i + 1) + " "), reader::toString);
        }
    }

    /** What the gateways say that they closed is, taken together, what was closed. */
    private void assertClosedOnceByOthers() throws SQLException {
        int closed = 0;
        for (GatewayProcess gateway : gateways) {
            for (String line : gateway.output()) {
                Matcher said = CLOSED.matcher(line);
                closed += said.find() ? Integer.parseInt(said.group(1)) : 0;
            }
        }
        assertEquals(
                table.runs().stream()
                        .filter(run -> run.outcome().equals("failed/gateway_lost"))
                        .count(),
                closed);
    }

    private static void print(List<WanderingReader> readers) {
        Map<String, Long> outcomes = readers.stream()
                .collect(Collectors.groupingBy(WanderingReader::outcome, TreeMap::new, Collectors.counting()));
        System.out.printf(
                "%d runs: %s; %d events held and stored, over %d connections: %d dropped, %d cut off, %d left in silence,"
                        + " %d refused, %d told that there is nothing more%n",
                readers.size(),
                outcomes,
                sum(readers, WanderingReader::position),
                sum(readers, WanderingReader::connections),
                sum(readers, WanderingReader::drops),
                sum(readers, WanderingReader::cuts),
                sum(readers, WanderingReader::silences),
                sum(readers, WanderingReader::refusals),
                sum(readers, WanderingReader::nothingMores));
    }

    private static int sum(List<WanderingReader> readers, ToIntFunction<WanderingReader> count) {
        return readers.stream().mapToInt(count).sum();
    }
}
