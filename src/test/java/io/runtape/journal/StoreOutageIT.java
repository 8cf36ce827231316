package io.runtape.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.journal.StreamLoad.Streamed;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.OwnPostgres;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.SmallDisk;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import java.io.EOFException;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * PostgreSQL stalls, goes, comes back or has no room, under live runs: nothing is lost or doubled, memory stays flat, and who
 * asks is told. With the full load of 20 MiB a run: {@code -Doutage.mebibytes=20}.
 */
@Order(1)
class StoreOutageIT {

    private static final Duration PATIENCE = ScriptedUpstream.PATIENCE;

    /** More than a heap, by far. */
    private static final int STREAMS = 150;

    private static final long STREAM_BYTES = Long.getLong("outage.mebibytes", 2) << 20;

    private static final int HEAP_MEBIBYTES = 192;

    /**
     * What a buffer of 8 KiB may finish: its own bytes, a frame that was unfinished before it, and what its frames take beside
     * their bytes, which is less than a tenth.
     */
    private static final long BUFFER_WEIGHT = (StreamLoad.FRAME_BYTES + (8L << 10)) * 11 / 10;

    /** An eighth of the heap, and a buffer of each run that was being handed over when that was reached. */
    private static final long UNCOMMITTED_MAX = ((long) HEAP_MEBIBYTES << 20) / 8 + STREAMS * BUFFER_WEIGHT;

    /** What a JVM needs beside its heap: code, metaspace, stacks, and the network's buffers. */
    private static final long BESIDE_HEAP = 350L << 20;

    /** How long a part of a test may take. */
    private static final Duration SCENE = Duration.ofMinutes(5);

    /** What "at once" means to a caller, on a machine that is busy. */
    private static final Duration AT_ONCE = Duration.ofSeconds(2);

    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final List<AutoCloseable> open = new ArrayList<>();
    private OwnPostgres postgres;

    @BeforeEach
    void start() throws IOException {
        postgres = OwnPostgres.start();
    }

    @AfterEach
    void stop() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
        postgres.close();
        upstream.close();
    }

    private <T extends AutoCloseable> T closing(T resource) {
        open.add(resource);
        return resource;
    }

    private GatewayProcess gateway(String... further) throws IOException {
        Map<String, String> settings = GatewayProcess.onPostgres(postgres.address(), upstream);
        for (int i = 0; i < further.length; i += 2) {
            settings.put(further[i], further[i + 1]);
        }
        return closing(GatewayProcess.start(settings)).ready();
    }

    private RunTable table() {
        return closing(new RunTable(postgres::connect));
    }

    // ---- The store stalls

    @Test
    void waitsForAFrozenStoreWithoutLossAndWithoutHeap() throws Exception {
        Flood flood = new Flood();
        long frozen = System.nanoTime();

        postgres.freeze();
        flood.assertHeldBack();
        sleepUntil(frozen, Duration.ofSeconds(20));
        postgres.thaw();

        flood.assertGoesOn();
    }

    @Test
    void waitsForALockOnTheFramesWithoutLossAndWithoutHeap() throws Exception {
        Flood flood = new Flood();

        try (Connection other = postgres.connect();
                Statement lock = other.createStatement()) {
            other.setAutoCommit(false);
            lock.execute("lock table block in access exclusive mode");
            flood.assertHeldBack();
            other.rollback();
        }

        flood.assertGoesOn();
    }

    /** A gateway of little heap under more than it could hold, and beside that a run in a steady pace with a tail. */
    private final class Flood {

        private final GatewayProcess gateway =
                gateway("JAVA_TOOL_OPTIONS", "-Xmx" + HEAP_MEBIBYTES + "m -XX:+ExitOnOutOfMemoryError");
        private final StreamLoad load = closing(StreamLoad.ofBytes(gateway, upstream, STREAMS, STREAM_BYTES));
        private final StreamLoad steady = closing(StreamLoad.inPace(gateway, upstream, 1, Duration.ofMillis(20)));
        private final WireResponse tail = tail(gateway, steady.runs().get(0).id());

        /** Under way, with all runs far from their end together. */
        Flood() throws IOException {
            steady.speak();
            load.speak();
            await("a tenth has come").atMost(PATIENCE).until(() -> load.held() > STREAMS * STREAM_BYTES / 10);
        }

        /** While the store does not answer: the agent API is not read, readers are kept, and who asks is told. */
        void assertHeldBack() throws Exception {
            awaitReadiness(gateway, "DOWN");
            double outage = gateway.management().metric("runtape_store_outage_seconds_total");
            assertRefusesNewRuns(gateway);
            load.awaitNothingSaid();
            assertTrue(load.said() < STREAMS * STREAM_BYTES, "the agent API could say everything");
            assertTrue(gateway.management().metric("runtape_upstreams_paused") > 0);
            long uncommitted = (long) gateway.management().metric("runtape_uncommitted_bytes");
            System.out.printf(
                    "%d runs wait with %d KiB, of %d KiB allowed%n", STREAMS, uncommitted >> 10, UNCOMMITTED_MAX >> 10);
            assertTrue(uncommitted <= UNCOMMITTED_MAX, "uncommitted grew to " + uncommitted);
            while (!tail.text().contains(": keep-alive\n")) {
                assertTrue(tail.readMore(), () -> "the tail has ended: " + tail.end());
            }
            assertTrue(gateway.management().metric("runtape_store_outage_seconds_total") > outage);
        }

        /** The store answers again: everything comes to its end. */
        void assertGoesOn() throws Exception {
            awaitReadiness(gateway, "UP");
            steady.finish();
            steady.awaitEnds();
            load.awaitEnds();
            RunTable table = table();
            steady.assertWhole(table);
            load.assertWhole(table);
            assertTrue(tailEnds(), tail::text);
            double outage = gateway.management().metric("runtape_store_outage_seconds_total");
            assertTrue(outage > 0);
            assertTrue(gateway.management().metric("runtape_store_outages_total") >= 1);
            assertEquals(0, gateway.management().metric("runtape_uncommitted_bytes"));
            long peak = gateway.peakMemory();
            System.out.printf(
                    "%d runs, %d MiB in all, a heap of %d MiB: %d MiB resident at most, %.1f s of outage%n",
                    STREAMS, load.said() >> 20, HEAP_MEBIBYTES, peak >> 20, outage);
            assertTrue(peak < ((long) HEAP_MEBIBYTES << 20) + BESIDE_HEAP, "memory grew to " + (peak >> 20) + " MiB");
            assertTakesNewRuns(gateway);
        }

        private boolean tailEnds() throws IOException {
            tail.whole();
            return tail.text().contains("event: runtape.end\n");
        }
    }

    private WireResponse tail(GatewayProcess gateway, String runId) throws IOException {
        WireResponse tail = closing(gateway.client()
                .get("/history/v1/runs/" + runId + "/events", "Accept: text/event-stream", StreamLoad.CREDENTIAL));
        assertEquals(200, tail.status());
        return tail;
    }

    // ---- The store goes

    @Test
    void waitsForAStoreThatStopsAndComesBack() throws Exception {
        GatewayProcess gateway = gateway();
        StreamLoad load = closing(StreamLoad.inPace(gateway, upstream, 40, Duration.ofMillis(5)));
        load.speak();
        load.awaitProgress();
        String events = "/history/v1/runs/" + load.runs().get(0).id() + "/events";
        String ticket = ticket(gateway, load.runs().get(0).id());
        long stopped = System.nanoTime();

        postgres.stopImmediately();
        awaitReadiness(gateway, "DOWN");
        assertRefusesNewRuns(gateway);
        assertCutsNewReaders(gateway, events, StreamLoad.CREDENTIAL);
        assertCutsNewReaders(gateway, events + "?ticket=" + ticket, "X-None: 1");
        assertCutsNewReaders(gateway, "/history/v1/threads/any/events", StreamLoad.CREDENTIAL);
        sleepUntil(stopped, Duration.ofSeconds(3));
        postgres.startAgain();

        awaitReadiness(gateway, "UP");
        load.awaitProgress();
        load.finish();
        load.awaitEnds();
        load.assertWhole(table());
        assertTakesNewRuns(gateway);
    }

    /** What happens at a server of its own. */
    @FunctionalInterface
    private interface Scene {
        void play(StoreOutageIT alone) throws Exception;
    }

    /** Most of each is waiting: they do so together. */
    @Test
    void endsRunsOnlyWhereAnOutageIsTooLong() throws Exception {
        ExecutorService beside = Executors.newCachedThreadPool();
        try {
            List<Future<Void>> playing = new ArrayList<>();
            for (Scene scene : List.<Scene>of(
                    StoreOutageIT::endsRunsThatWereGivenUpThoughTheStoreGoesAgain,
                    StoreOutageIT::keepsTheKeyOfACallThatWasGivenUpBeforeItsResponse)) {
                playing.add(beside.submit(() -> playAlone(scene)));
            }
            closesNobodysRunsAfterAnOutageThatHitEveryGateway();
            for (Future<Void> each : playing) {
                each.get(SCENE.toSeconds(), TimeUnit.SECONDS);
            }
        } finally {
            beside.shutdownNow();
        }
    }

    private static Void playAlone(Scene scene) throws Exception {
        StoreOutageIT alone = new StoreOutageIT();
        alone.start();
        try {
            scene.play(alone);
        } finally {
            alone.stop();
        }
        return null;
    }

    /** Nobody could show that it lives, for longer than a lease: that is nobody's fault. */
    private void closesNobodysRunsAfterAnOutageThatHitEveryGateway() throws Exception {
        // Longer than a busy machine may leave a healthy gateway without a processor.
        Duration lease = Duration.ofSeconds(5);
        String[] settings = {"RUNTAPE_NODE_LEASE", lease.toSeconds() + "s"};
        List<GatewayProcess> gateways = List.of(gateway(settings), gateway(settings));
        List<StreamLoad> loads = new ArrayList<>();
        for (GatewayProcess gateway : gateways) {
            StreamLoad load = closing(StreamLoad.inPace(gateway, upstream, 10, Duration.ofMillis(20)));
            load.speak();
            loads.add(load);
        }
        loads.forEach(StreamLoad::awaitProgress);
        for (Outage outage : List.<Outage>of(this::stopAndStart, this::freezeAndThaw)) {
            outage.last(lease.multipliedBy(2));
            for (GatewayProcess gateway : gateways) {
                awaitReadiness(gateway, "UP");
            }
            loads.forEach(StreamLoad::awaitProgress);
        }
        RunTable table = table();
        for (StreamLoad load : loads) {
            load.finish();
            load.awaitEnds();
            load.assertWhole(table);
        }
        gateways.forEach(gateway -> assertTrue(gateway.isAlive()));
    }

    /** The database goes, stays away for that long, and comes back. */
    @FunctionalInterface
    private interface Outage {
        void last(Duration time) throws Exception;
    }

    private void stopAndStart(Duration time) throws Exception {
        long stopped = System.nanoTime();
        postgres.stopImmediately();
        sleepUntil(stopped, time);
        postgres.startAgain();
    }

    private void freezeAndThaw(Duration time) throws Exception {
        long frozen = System.nanoTime();
        postgres.freeze();
        sleepUntil(frozen, time);
        postgres.thaw();
    }

    @Test
    void givesRunsUpThatHaveWaitedTooLong() throws Exception {
        Duration timeout = Duration.ofSeconds(3);
        GatewayProcess gateway = gateway("RUNTAPE_STORE_TIMEOUT", timeout.toSeconds() + "s");
        StreamLoad load = closing(StreamLoad.inPace(gateway, upstream, 10, Duration.ofMillis(5)));
        load.speak();
        load.awaitProgress();
        long stopped = System.nanoTime();

        postgres.stopImmediately();
        load.awaitEnds();

        Duration ended = Duration.ofNanos(System.nanoTime() - stopped);
        // The commit that was under way may have begun a while before; by default they would wait for a minute.
        assertTrue(ended.compareTo(timeout.dividedBy(2)) >= 0, "given up after " + ended);
        assertTrue(ended.compareTo(timeout.plusSeconds(30)) < 0, "given up after " + ended);
        for (Streamed run : load.runs()) {
            assertEquals(WireResponse.End.CUT, run.end());
            assertTrue(run.script().done().isPresent(), "the agent API is let go on");
        }
        assertRefusesNewRuns(gateway);
        postgres.startAgain();
        RunTable table = table();
        for (Streamed run : load.runs()) {
            assertEquals("failed/store_unavailable", table.ended(run.id()).outcome());
            assertEquals(table.run(run.id()).lastSequence(), table.sum(run.id()).last());
            assertTrue(table.sum(run.id()).inSequence());
            load.assertHoldsPrefix(run, table);
        }
        awaitReadiness(gateway, "UP");
        assertTakesNewRuns(gateway);
    }

    /** The end of a run that was given up is on its way when the store goes once more, and that outage is too long as well. */
    private void endsRunsThatWereGivenUpThoughTheStoreGoesAgain() throws Exception {
        GatewayProcess gateway = gateway("RUNTAPE_STORE_TIMEOUT", "2s");
        StreamLoad load = closing(StreamLoad.inPace(gateway, upstream, 10, Duration.ofMillis(5)));
        load.speak();
        load.awaitProgress();
        postgres.stopImmediately();
        load.awaitEnds();
        // So that nothing is written before the table is locked.
        gateway.freeze();
        postgres.startAgain();
        try (Connection locking = postgres.connect();
                Statement lock = locking.createStatement()) {
            locking.setAutoCommit(false);
            lock.execute("lock table run in share mode");
            gateway.thaw();
            await("the ends are being written").atMost(PATIENCE).until(() -> waitingWriters(lock) > 0);

            postgres.stopImmediately();
        } catch (SQLException gone) {
            // With its connection, when the server stops.
        }
        await("they are given up once more").atMost(PATIENCE).until(() -> givenUp(gateway) == 2);
        postgres.startAgain();

        RunTable table = table();
        for (Streamed run : load.runs()) {
            assertEquals("failed/store_unavailable", table.ended(run.id()).outcome());
            assertEquals(table.run(run.id()).lastSequence(), table.sum(run.id()).last());
            assertTrue(table.sum(run.id()).inSequence());
            load.assertHoldsPrefix(run, table);
        }
        awaitReadiness(gateway, "UP");
        assertTakesNewRuns(gateway);
    }

    private static int waitingWriters(Statement select) throws SQLException {
        // Within a transaction the server shows the sessions that there were when it was first asked.
        select.execute("select pg_stat_clear_snapshot()");
        try (ResultSet row = select.executeQuery("select count(*) from pg_stat_activity"
                + " where wait_event_type = 'Lock' and application_name like 'runtape-node-%'")) {
            row.next();
            return row.getInt(1);
        }
    }

    private static long givenUp(GatewayProcess gateway) {
        return gateway.output().stream()
                .filter(line -> line.contains("live runs are given up"))
                .count();
    }

    /** After the call was sent nobody may think that it was not, however the response got lost. */
    private void keepsTheKeyOfACallThatWasGivenUpBeforeItsResponse() throws Exception {
        GatewayProcess gateway = gateway("RUNTAPE_STORE_TIMEOUT", "3s");
        String[] lines = {StreamLoad.CREDENTIAL, "Idempotency-Key: given-up", ""};
        CountDownLatch never = new CountDownLatch(1);
        Scripted silent = upstream.on(exchange -> never.await());
        lines[2] = silent.header();
        StreamLoad load = closing(StreamLoad.inPace(gateway, upstream, 1, Duration.ofMillis(5)));
        load.speak();
        try (WireResponse first = gateway.client().post("/v1/run", "{}", lines)) {
            silent.call();

            postgres.stopImmediately();

            assertLost(first);
            postgres.startAgain();
            assertEquals(
                    "failed/store_unavailable",
                    table().ended(first.header("Runtape-Run-Id")).outcome());
            awaitReadiness(gateway, "UP");
            try (WireResponse repeat = gateway.client().post("/v1/run", "{}", lines)) {
                assertLost(repeat);
                assertEquals(first.header("Runtape-Run-Id"), repeat.header("Runtape-Run-Id"));
            }
            assertTrue(silent.isUncalled(), "the agent ran twice");
        } finally {
            never.countDown();
        }
    }

    private static void assertLost(WireResponse response) throws IOException {
        JsonObject error = new JsonObject(new String(response.whole(), UTF_8)).getJsonObject("error");
        assertEquals(500, response.status(), response::text);
        assertEquals("internal_error", error.getString("code"));
        assertEquals("false", response.header("x-should-retry"));
        assertFalse(response.head().has("Retry-After"));
    }

    // ---- The store has no room

    static List<SmallDisk.Way> ways() throws IOException {
        return SmallDisk.ways();
    }

    @ParameterizedTest
    @MethodSource("ways")
    void waitsForRoom(SmallDisk.Way way) throws Exception {
        GatewayProcess gateway = gateway();
        SmallDisk disk = closing(SmallDisk.under(postgres, way));
        long bytesEach = 8 << 20;
        int runs = 10;
        assertTrue(runs * bytesEach > SmallDisk.BYTES);
        StreamLoad load = closing(StreamLoad.ofBytes(gateway, upstream, runs, bytesEach));
        load.speak();

        String because = way == SmallDisk.Way.FILE_SYSTEM ? "disk full, SQLSTATE 53100" : "SQLSTATE XX000";
        gateway.awaitLine("the store takes no commits (" + because + "), live runs wait for it");
        awaitReadiness(gateway, "DOWN");
        assertRefusesNewRuns(gateway);
        load.awaitNothingSaid();
        assertTrue(load.said() < runs * bytesEach, "the agent API could say everything");
        assertRefusesNewRuns(gateway);

        disk.grow();

        load.awaitEnds();
        load.assertWhole(table());
        gateway.awaitLine("the store takes commits again");
        awaitReadiness(gateway, "UP");
        assertTakesNewRuns(gateway);
    }

    private static void awaitReadiness(GatewayProcess gateway, String status) {
        await("readiness says " + status)
                .atMost(PATIENCE)
                .until(() -> gateway.management().readiness().get("database").equals(status));
    }

    private void assertRefusesNewRuns(GatewayProcess gateway) throws Exception {
        Duration took = refusal(gateway);
        // The machine may have paused. A call that waits for the store does so each time.
        for (int again = 1; again < 3 && took.compareTo(AT_ONCE) >= 0; again++) {
            took = refusal(gateway);
        }
        assertTrue(took.compareTo(AT_ONCE) < 0, "it took " + took);
    }

    /** How long it took. */
    private Duration refusal(GatewayProcess gateway) throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        long asked = System.nanoTime();
        try (WireResponse response = gateway.client().post("/v1/run", "{\"prompt\":\"meanwhile\"}", script.header())) {
            assertEquals(503, response.status());
            Duration took = Duration.ofNanos(System.nanoTime() - asked);
            JsonObject error = new JsonObject(new String(response.whole(), UTF_8)).getJsonObject("error");
            assertEquals("store_unavailable", error.getString("code"));
            assertTrue(script.isUncalled());
            return took;
        }
    }

    private static String ticket(GatewayProcess gateway, String runId) throws IOException {
        try (WireResponse response =
                gateway.client().post("/history/v1/tickets", "{\"runId\":\"" + runId + "\"}", StreamLoad.CREDENTIAL)) {
            return new JsonObject(new String(response.whole(), UTF_8))
                    .getJsonObject("data")
                    .getString("ticket");
        }
    }

    /** An EventSource comes back after a connection that was cut, but gives up at any response that is not 200. */
    private static void assertCutsNewReaders(GatewayProcess gateway, String target, String header) throws IOException {
        try (WireResponse response = gateway.client().get(target, "Accept: text/event-stream", header)) {
            assertThrows(EOFException.class, response::head, target);
        }
    }

    private void assertTakesNewRuns(GatewayProcess gateway) throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        try (WireResponse response = gateway.client().post("/v1/run", "{\"prompt\":\"afterwards\"}", script.header())) {
            assertEquals("data: x\n\n", new String(response.whole(), UTF_8));
        }
    }

    /** The length of the outage is part of what is tested; nothing is waited for by it. */
    private static void sleepUntil(long sinceNanos, Duration lasting) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(lasting.toNanos() - (System.nanoTime() - sinceNanos));
    }
}
