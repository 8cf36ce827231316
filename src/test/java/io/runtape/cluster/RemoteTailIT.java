package io.runtape.cluster;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.BrittleLink;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Runs of one gateway, read at another one while they go on. */
class RemoteTailIT {

    private static final int TAILS = 200;

    private static final Duration COUNTED_WITHIN = Duration.ofSeconds(12);

    private static final TwoGateways CLUSTER = new TwoGateways();

    private static BrittleLink link;
    private static GatewayProcess recording;
    private static GatewayProcess reading;

    private final List<WireResponse> open = new ArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        PostgresServer.lookUpInSchema(CLUSTER.database());
        recording = CLUSTER.start();
        link = new BrittleLink(URI.create(CLUSTER.database()).getPort());
        reading = CLUSTER.start("RUNTAPE_DATABASE_DIRECT_URL", through(link));
    }

    @AfterAll
    static void stop() throws Exception {
        CLUSTER.close();
        link.close();
    }

    @AfterEach
    void close() throws IOException {
        for (WireResponse response : open) {
            response.close();
        }
    }

    private static String through(BrittleLink link) {
        String database = CLUSTER.database();
        return "postgresql://postgres@localhost:" + link.port() + database.substring(database.lastIndexOf('/'));
    }

    private WireResponse closing(WireResponse response) {
        open.add(response);
        return response;
    }

    private WireResponse tail(String runId, String query) throws IOException {
        WireResponse tail = closing(CLUSTER.tail(reading, "/runs/" + runId + "/events" + query));
        assertEquals(200, tail.status());
        return tail;
    }

    private static String event(int n) {
        return "event: step\ndata: " + n + "\n\n";
    }

    private static String tailed(int n, long id) {
        return "event: step\ndata: " + n + "\nid: " + id + "\n\n";
    }

    private static String tailed(int n) {
        return tailed(n, n);
    }

    private static String end(String run, long id, long last) {
        return "event: runtape.end\nid: " + id + "\ndata: {\"runId\":\"" + run
                + "\",\"status\":\"completed\",\"reason\":null,\"lastSequence\":" + last + "}\n\n";
    }

    /** A run that says what it is told to; without a word it ends. */
    private final class ToldRun {

        private final BlockingQueue<String> words = new LinkedBlockingQueue<>();
        private final String id;
        private final WireResponse live;
        private int said;

        ToldRun(String... headerLines) throws IOException {
            live = closing(CLUSTER.post(
                    recording,
                    exchange -> {
                        exchange.streamHead();
                        for (String word = words.take(); !word.isEmpty(); word = words.take()) {
                            exchange.chunk(word);
                        }
                        exchange.end();
                    },
                    headerLines));
            id = live.header("Runtape-Run-Id");
        }

        /** Says the next event and waits until the tail has it. */
        void sayTo(WireResponse tail) throws IOException {
            words.add(event(++said));
            while (said(tail).length() < all().length()) {
                assertTrue(tail.readMore(), tail::text);
            }
            assertEquals(all(), said(tail));
        }

        void endTo(WireResponse tail) throws IOException {
            end();
            assertWhole(tail);
        }

        void assertWhole(WireResponse tail) throws IOException {
            tail.whole();
            assertEquals(all() + RemoteTailIT.end(id, said, said), said(tail));
        }

        private String said(WireResponse tail) {
            return tail.text().replace(": keep-alive\n\n", "");
        }

        void end() {
            words.add("");
        }

        private String all() {
            StringBuilder all = new StringBuilder();
            for (int i = 1; i <= said; i++) {
                all.append(tailed(i));
            }
            return all.toString();
        }
    }

    @Test
    void bringsALiveRunsBytesAsTheyWere() throws Exception {
        byte[] bytes = new byte[300_000];
        Random random = new Random(7);
        String alphabet = "data: event id\n\n\r\n\r\n:x\u00e9\ufeff\u0000";
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
        }
        Script script = exchange -> {
            exchange.streamHead();
            for (int at = 0; at < bytes.length; ) {
                int length = Math.min(bytes.length - at, 1 + random.nextInt(900));
                exchange.chunk(new String(bytes, at, length, ISO_8859_1).getBytes(ISO_8859_1));
                at += length;
            }
            exchange.end();
        };
        WireResponse live = closing(CLUSTER.post(recording, script));
        String id = live.header("Runtape-Run-Id");

        WireResponse tail = tail(id, "?verbatim=true");

        assertArrayEquals(bytes, tail.whole());
        assertArrayEquals(bytes, live.whole());
        assertArrayEquals(bytes, CLUSTER.table().bytes(id));
    }

    @Test
    void readsEachCommitOnceHoweverManyReadersThereAre() throws Exception {
        ToldRun run = new ToldRun();
        List<WireResponse> tails = new ArrayList<>();
        WireResponse first = tail(run.id, "");
        run.sayTo(first);
        for (int i = 0; i < TAILS; i++) {
            WireResponse tail = tail(run.id, "");
            tail.readUpTo(tailed(1).length());
            tails.add(tail);
        }
        long before = rowsRead();
        int frames = 500;

        for (int i = 0; i < frames; i++) {
            run.sayTo(first);
        }
        run.endTo(first);

        for (WireResponse tail : tails) {
            run.assertWhole(tail);
        }
        long read = rowsReadInTheEnd() - before;
        System.out.printf("%d tails of one run, %d frames: %d rows read%n", TAILS + 1, frames, read);
        // Three times each: the next row, the rows of the next frames, then these themselves. Once the run has ended,
        // four
        // times for the index of words: sizes and frames, and both again since its dialect understands none of them.
        // What the tails read when they began is counted as well, where it was not yet before.
        assertTrue(read <= 8L * frames + 5L * TAILS, read + " rows were read for " + frames + " frames");
        assertTrue(read >= 2L * frames, read + " rows cannot be all");
        RunTable.await("one session a gateway listens", () -> CLUSTER.listening() == 2 ? true : null);
    }

    private static long rowsRead() throws SQLException {
        return CLUSTER.number(
                "select coalesce(sum(idx_tup_fetch), 0) from pg_stat_user_tables where relname like 'block%'");
    }

    /** Sessions of the server tell what they did when they have been idle for ten seconds. */
    private static long rowsReadInTheEnd() {
        long[] last = {-1};
        long[] since = {System.nanoTime()};
        return RunTable.await("the count stands still", Duration.ofMinutes(2), () -> {
            long now = rowsRead();
            if (now != last[0]) {
                last[0] = now;
                since[0] = System.nanoTime();
            }
            return System.nanoTime() - since[0] > COUNTED_WITHIN.toNanos() ? now : null;
        });
    }

    @Test
    void goesOnByPollingWhileItCannotListen() throws Exception {
        ToldRun run = new ToldRun();
        WireResponse tail = tail(run.id, "");
        run.sayTo(tail);

        link.loseResponses();
        for (int i = 0; i < 3; i++) {
            run.sayTo(tail);
        }
        link.cut();
        CLUSTER.number("select count(pg_terminate_backend(pid)) from pg_stat_activity"
                + " where datname = current_database() and application_name = 'runtape-listener'");
        for (int i = 0; i < 20; i++) {
            run.sayTo(tail);
        }

        RunTable.await("both listen again", () -> CLUSTER.listening() == 2 ? true : null);
        run.sayTo(tail);
        run.endTo(tail);
    }

    /** The client was at the run's own gateway, and is ahead of what this one has read for its other readers. */
    @Test
    void resumesWhereTheClientIsAheadOfTheOtherReaders() throws Exception {
        String thread = "thr-" + UUID.randomUUID();
        ToldRun run = new ToldRun();
        ToldRun ofThread = new ToldRun("Runtape-Thread-Id: " + thread);
        WireResponse behind = behind(run);
        WireResponse behindInThread = behind(ofThread);
        link.loseResponses();
        goAhead(run);
        goAhead(ofThread);

        WireResponse resumed = closing(CLUSTER.tail(reading, "/runs/" + run.id + "/events", "Last-Event-ID: 4"));
        long position = (1L << 32) + 4;
        WireResponse inThread =
                closing(CLUSTER.tail(reading, "/threads/" + thread + "/events", "Last-Event-ID: " + position));

        assertEquals(200, resumed.status());
        assertEquals(200, inThread.status());
        link.cut();
        run.endTo(behind);
        ofThread.endTo(behindInThread);
        assertEquals(end(run.id, 4, 4), new String(resumed.whole(), UTF_8));
        String last = end(ofThread.id, position, 4);
        assertEquals(last, new String(inThread.readUpTo(last.length()), UTF_8));
    }

    /** A reader here, which has the run's first event. */
    private WireResponse behind(ToldRun run) throws IOException {
        WireResponse tail = tail(run.id, "");
        run.sayTo(tail);
        return tail;
    }

    /** A reader at the run's own gateway gets three more. */
    private void goAhead(ToldRun run) throws IOException {
        WireResponse tail = closing(CLUSTER.tail(recording, "/runs/" + run.id + "/events"));
        for (int i = 0; i < 3; i++) {
            run.sayTo(tail);
        }
    }

    /** Runs are read together, for all readers of all of them. */
    @Test
    void goesOnBesideARunWhoseFramesAreDamaged() throws Exception {
        ToldRun damaged = new ToldRun();
        ToldRun other = new ToldRun();
        WireResponse tailOfDamaged = tail(damaged.id, "");
        WireResponse tailOfOther = tail(other.id, "");
        damaged.sayTo(tailOfDamaged);
        other.sayTo(tailOfOther);
        long key = CLUSTER.table().key(damaged.id);
        try (Connection connection = PostgresServer.connect(CLUSTER.database());
                Statement damage = connection.createStatement()) {
            damage.execute("create function damage() returns trigger language plpgsql as "
                    + "$$ begin new.content = '?'; return new; end $$");
            damage.execute("create trigger damage before insert on block for each row when (new.run_pk = " + key
                    + ") execute function damage()");

            damaged.words.add(event(2));
            damaged.live.readUpTo(2 * event(1).length());
            for (int i = 0; i < 3; i++) {
                other.sayTo(tailOfOther);
            }

            tailOfDamaged.readAll();
            assertEquals(WireResponse.End.CUT, tailOfDamaged.end());
            other.endTo(tailOfOther);
            damage.execute("drop trigger damage on block");
            damage.execute("drop function damage");
        }
        damaged.end();
        CLUSTER.table().ended(damaged.id);
        // It has its end when the gateway knows that this is stored.
        damaged.live.readAll();
        assertEquals(
                204,
                recording
                        .client()
                        .send("DELETE", "/history/v1/runs/" + damaged.id, new byte[0], TwoGateways.CREDENTIAL)
                        .status());
    }

    @Test
    void followsAThreadOverRunsOfTheOtherGateway() throws Exception {
        String thread = "thr-" + UUID.randomUUID();
        String named = "Runtape-Thread-Id: " + thread;
        ToldRun first = new ToldRun(named);
        first.words.add(event(1));
        first.live.readUpTo(event(1).length());
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        long one = 1L << 32;
        expected.writeBytes(tailed(1, one + 1).getBytes(UTF_8));

        WireResponse tail = closing(CLUSTER.tail(reading, "/threads/" + thread + "/events"));

        assertArrayEquals(expected.toByteArray(), tail.readUpTo(expected.size()));
        first.end();
        expected.writeBytes(end(first.id, one + 1, 1).getBytes(UTF_8));
        assertArrayEquals(expected.toByteArray(), tail.readUpTo(expected.size()));
        for (long ordinal = 2; ordinal <= 4; ordinal++) {
            ToldRun next = new ToldRun(named);
            next.words.add(event((int) ordinal));
            expected.writeBytes(tailed((int) ordinal, (ordinal << 32) + 1).getBytes(UTF_8));
            assertArrayEquals(expected.toByteArray(), tail.readUpTo(expected.size()));
            next.end();
            expected.writeBytes(end(next.id, (ordinal << 32) + 1, 1).getBytes(UTF_8));
            assertArrayEquals(expected.toByteArray(), tail.readUpTo(expected.size()));
        }
    }

    @Test
    void resumesAtTheOtherGatewayAndRefusesWhatCannotBe() throws Exception {
        ToldRun run = new ToldRun();
        WireResponse whole = tail(run.id, "");
        for (int i = 0; i < 5; i++) {
            run.sayTo(whole);
        }

        WireResponse resumed = closing(CLUSTER.tail(reading, "/runs/" + run.id + "/events", "Last-Event-ID: 3"));
        WireResponse beyond = closing(CLUSTER.tail(reading, "/runs/" + run.id + "/events", "Last-Event-ID: 6"));
        resumed.readUpTo(tailed(4).length() + tailed(5).length());
        run.endTo(whole);

        assertEquals(tailed(4) + tailed(5) + end(run.id, 5, 5), new String(resumed.whole(), UTF_8));
        assertEquals(400, beyond.status());
        beyond.whole();
        assertTrue(beyond.text().contains("\"unknown_sequence\""), beyond::text);
        WireResponse nothingMore = closing(CLUSTER.tail(reading, "/runs/" + run.id + "/events", "Last-Event-ID: 5"));
        assertEquals(204, nothingMore.status());
    }
}
