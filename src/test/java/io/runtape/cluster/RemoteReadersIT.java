package io.runtape.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * A run that is to be cancelled when its client has left and nobody reads it: readers at other gateways count. Most of a test is
 * waiting for grace periods: where there are several ways to read, a run for each of them waits at the same time.
 */
@Order(1)
class RemoteReadersIT {

    private static final Duration GRACE = Duration.ofSeconds(2);

    private static final String[] SETTINGS = {
        "RUNTAPE_DISCONNECT_GRACE", GRACE.toSeconds() + "s", "RUNTAPE_NODE_LEASE", "6s"
    };

    private static final String FIRST = "data: first\n\n";
    private static final String BEAT = ": beat\n\n";
    private static final String LAST = "data: last\n\n";

    private static final TwoGateways CLUSTER = new TwoGateways();

    private static GatewayProcess recording;
    private static GatewayProcess other;

    private final CountDownLatch enough = new CountDownLatch(1);
    private final List<WireResponse> open = new ArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        recording = CLUSTER.start(SETTINGS);
        other = CLUSTER.start(SETTINGS);
    }

    @AfterAll
    static void stop() throws Exception {
        CLUSTER.close();
    }

    @AfterEach
    void close() throws IOException {
        for (WireResponse response : open) {
            response.close();
        }
    }

    /** An agent that goes on until it is told that it is enough, several times in each grace period. */
    private Scripted agent() {
        return CLUSTER.upstream().on(exchange -> {
            exchange.streamHead().chunk(FIRST);
            while (!enough.await(GRACE.toMillis() / 4, TimeUnit.MILLISECONDS)) {
                exchange.chunk(BEAT);
            }
            exchange.chunk(LAST).end();
        });
    }

    /** Each agent has a key of its own. */
    private static WireResponse post(GatewayProcess gateway, Scripted script, String... headerLines)
            throws IOException {
        String key = "Idempotency-Key: " + script.header().replaceFirst(".*: ", "");
        List<String> lines = new ArrayList<>(List.of(TwoGateways.CREDENTIAL, script.header(), key));
        lines.addAll(Arrays.asList(headerLines));
        return gateway.client().post("/v1/run", "{}", lines.toArray(String[]::new));
    }

    private static WireResponse begin(Scripted script) throws IOException {
        return post(recording, script, "Runtape-On-Disconnect: cancel");
    }

    /** Reads on while the agent goes on for three grace periods. */
    private static void readOn(Way way, WireResponse reader) throws IOException {
        while (reader.text().split(BEAT.strip(), -1).length <= 12) {
            assertTrue(reader.readMore(), () -> way + " has ended: " + reader.text());
        }
    }

    private static void readToTheLast(Way way, WireResponse reader) throws IOException {
        while (!reader.text().contains("data: last\n")) {
            assertTrue(reader.readMore(), () -> way + " has ended: " + reader.text());
        }
    }

    private enum Way {
        TAIL,
        VERBATIM_TAIL,
        THREAD_TAIL,
        REPEATED_CALL
    }

    /** A run whose client has its first event, and a way in which another one may read it. */
    private record Watched(Way way, Scripted script, WireResponse live) {

        WireResponse read() throws IOException {
            String run = "/runs/" + live.header("Runtape-Run-Id") + "/events";
            return switch (way) {
                case TAIL -> CLUSTER.tail(other, run);
                case VERBATIM_TAIL -> CLUSTER.tail(other, run + "?verbatim=true");
                case THREAD_TAIL -> CLUSTER.tail(other, "/threads/" + live.header("Runtape-Thread-Id") + "/events");
                case REPEATED_CALL -> post(other, script);
            };
        }
    }

    private WireResponse closing(WireResponse response) {
        open.add(response);
        return response;
    }

    private List<Watched> beginOneForEachWay() throws IOException {
        List<Watched> runs = new ArrayList<>();
        for (Way way : Way.values()) {
            Scripted script = agent();
            WireResponse live = closing(begin(script));
            live.readUpTo(FIRST.length());
            runs.add(new Watched(way, script, live));
        }
        return runs;
    }

    private void assertEachGoesOnFor(Map<Watched, WireResponse> readers) throws Exception {
        for (Map.Entry<Watched, WireResponse> each : readers.entrySet()) {
            readOn(each.getKey().way(), each.getValue());
        }
        enough.countDown();
        for (Map.Entry<Watched, WireResponse> each : readers.entrySet()) {
            Watched run = each.getKey();
            readToTheLast(run.way(), each.getValue());
            assertEquals(
                    "completed",
                    CLUSTER.table().ended(run.live().header("Runtape-Run-Id")).outcome(),
                    run.way().name());
        }
    }

    @Test
    void goesOnForAReaderAtAnotherGateway() throws Exception {
        Map<Watched, WireResponse> readers = new LinkedHashMap<>();
        for (Watched run : beginOneForEachWay()) {
            WireResponse reader = closing(run.read());
            reader.readUpTo(FIRST.length());
            readers.put(run, reader);
        }

        for (Watched run : readers.keySet()) {
            run.live().close();
        }

        assertEachGoesOnFor(readers);
    }

    @Test
    void goesOnForAReaderWhoComesToAnotherGatewayAfterwards() throws Exception {
        Map<Watched, WireResponse> readers = new LinkedHashMap<>();
        for (Watched run : beginOneForEachWay()) {
            run.live().close();

            readers.put(run, closing(run.read()));
        }

        assertEachGoesOnFor(readers);
    }

    /** Who waits for the head has been sent nothing yet, and waits for the run all the same. */
    @Test
    void goesOnForOneWhoWaitsForTheHeadAtAnotherGateway() throws Exception {
        Scripted script = CLUSTER.upstream().on(exchange -> {
            enough.await();
            exchange.streamHead().chunk(LAST).end();
        });
        try (WireResponse live = begin(script)) {
            script.call();
            try (WireResponse repeat = post(other, script)) {
                assertTrue(repeat.isSilentFor(GRACE));

                live.close();

                assertTrue(repeat.isSilentFor(GRACE.multipliedBy(3)));
                enough.countDown();
                repeat.whole();
                assertEquals(LAST, repeat.text());
                assertEquals(
                        "completed",
                        CLUSTER.table().ended(repeat.header("Runtape-Run-Id")).outcome());
            }
            assertTrue(script.isUncalled());
        }
    }

    private static void assertCancelled(Scripted script, WireResponse live) throws Exception {
        assertCancelled("", script, live);
    }

    private static void assertCancelled(String prefix, Scripted script, WireResponse live) throws Exception {
        assertEquals(
                "cancelled/client_disconnected",
                CLUSTER.table().ended(live.header("Runtape-Run-Id")).outcome(),
                prefix + "its outcome");
        assertTrue(script.done().isPresent(), prefix + "the agent API is let go on");
    }

    @Test
    void isCancelledWhereNobodyReadsAnywhere() throws Exception {
        Scripted script = agent();
        try (WireResponse live = begin(script)) {
            live.readUpTo(FIRST.length());

            live.close();

            assertCancelled(script, live);
        }
    }

    @Test
    void isCancelledWhereTheReaderAtAnotherGatewayHasLeftBefore() throws Exception {
        List<Watched> runs = beginOneForEachWay();
        for (Watched run : runs) {
            try (WireResponse reader = run.read()) {
                reader.readUpTo(FIRST.length());
            }

            run.live().close();
        }

        for (Watched run : runs) {
            assertCancelled(run.way() + ": ", run.script(), run.live());
            awaitNothingShown(run.live());
        }
    }

    @Test
    void isCancelledWhereTheReadersGatewayHasDied() throws Exception {
        GatewayProcess dying = CLUSTER.start(SETTINGS);
        Scripted script = agent();
        try (WireResponse live = begin(script)) {
            live.readUpTo(FIRST.length());
            try (WireResponse reader = CLUSTER.tail(dying, "/runs/" + live.header("Runtape-Run-Id") + "/events")) {
                reader.readUpTo(FIRST.length());
                dying.kill();
            }
            awaitNothingShown(live);

            live.close();

            assertCancelled(script, live);
        }
    }

    private static void awaitNothingShown(WireResponse live) throws IOException {
        String shown = "select count(*) from run_follower join run using (run_pk) where id = '"
                + live.header("Runtape-Run-Id") + "'";
        RunTable.await("nobody is shown to read", () -> CLUSTER.number(shown) == 0 ? true : null);
    }

    /** The look at other gateways takes its time, and meanwhile somebody comes here. */
    @Test
    void goesOnForAReaderWhoComesWhileOthersAreLookedFor() throws Exception {
        Scripted script = agent();
        try (WireResponse live = begin(script)) {
            live.readUpTo(FIRST.length());
            String events = "/runs/" + live.header("Runtape-Run-Id") + "/events";
            try (Connection connection = PostgresServer.connect(CLUSTER.database());
                    Statement lock = connection.createStatement()) {
                connection.setAutoCommit(false);
                lock.execute("lock table run_follower in access exclusive mode");

                live.close();

                RunTable.await("others are looked for", () -> {
                    return CLUSTER.number("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                                            + " and query like '%bool_or(f.reading)%' and datname = current_database()")
                                    > 0
                            ? true
                            : null;
                });
                try (WireResponse reader = CLUSTER.tail(recording, events)) {
                    reader.readUpTo(FIRST.length());
                    connection.rollback();
                    readOn(Way.TAIL, reader);
                    enough.countDown();
                    readToTheLast(Way.TAIL, reader);
                }
            }
            assertEquals(
                    "completed",
                    CLUSTER.table().ended(live.header("Runtape-Run-Id")).outcome());
        }
    }

    @Test
    void isNotCancelledInDoubt() throws Exception {
        Scripted script = agent();
        try (WireResponse live = begin(script)) {
            live.readUpTo(FIRST.length());
            execute("alter table run_follower rename to hidden");
            try {
                live.close();

                Awaitility.await("it goes on")
                        .during(GRACE.multipliedBy(3))
                        .atMost(GRACE.multipliedBy(10))
                        .until(() -> CLUSTER.table()
                                .run(live.header("Runtape-Run-Id"))
                                .running());
            } finally {
                execute("alter table hidden rename to run_follower");
            }
            assertCancelled(script, live);
        }
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = PostgresServer.connect(CLUSTER.database());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
