package io.runtape.pack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.pack.RestedWalk.Rested;
import io.runtape.run.DamagedFramesException;
import io.runtape.run.FrameDeletion;
import io.runtape.run.FrameQuery;
import io.runtape.run.FrameReader;
import io.runtape.run.FrameTable;
import io.runtape.run.FrameWalk;
import io.runtape.run.RecordedFrame;
import io.runtape.sse.CorpusCase;
import io.runtape.testsupport.EarlierRows;
import io.runtape.testsupport.Noise;
import io.runtape.testsupport.PatientConnection;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import jakarta.inject.Inject;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The promise of packing: the API cannot tell whether a run is packed, or was recorded by an earlier version. */
abstract class PackingTest extends RunningGateway {

    static final String KEY = "X-API-Key: packing";

    /** The rest of runs that have ended by now, by a clock that may be a little behind. */
    static final Duration AT_ONCE = Duration.ofSeconds(-1);

    private static final String STREAM = "Accept: text/event-stream";

    /** What shows a run's frames, each with the header that asks for it. */
    private static final Map<String, String> VIEWS = Map.ofEntries(
            Map.entry("", ""),
            Map.entry("/events?limit=500&include=raw", ""),
            Map.entry("/events?limit=7&order=desc", ""),
            Map.entry("/events?after=3&limit=2&kind=event", ""),
            Map.entry("/events?type=message&type=token&order=desc", ""),
            Map.entry("/events?include=raw", "Accept: application/x-ndjson"),
            Map.entry("/events", STREAM),
            Map.entry("/events?after=2", STREAM),
            Map.entry("/events?verbatim=true", STREAM),
            Map.entry("/events?from=snapshot", STREAM),
            Map.entry("/replay?speed=max", STREAM),
            Map.entry("/transcript", ""),
            Map.entry("/request", ""));

    /** Records a run to its end; returns its id. */
    final String record(Script script, String... headerLines) throws Exception {
        String[] lines = new String[headerLines.length + 2];
        lines[0] = upstream.on(script).header();
        lines[1] = KEY;
        System.arraycopy(headerLines, 0, lines, 2, headerLines.length);
        try (WireResponse response = client().post("/v1/run", "{}", lines)) {
            response.readAll();
            String id = response.header("Runtape-Run-Id");
            table().ended(id);
            return id;
        }
    }

    private Map<String, String> views(String id) throws Exception {
        Map<String, String> views = new LinkedHashMap<>();
        for (Map.Entry<String, String> view : VIEWS.entrySet()) {
            String[] lines = view.getValue().isEmpty() ? new String[] {KEY} : new String[] {KEY, view.getValue()};
            try (WireResponse response = client().get("/history/v1/runs/" + id + view.getKey(), lines)) {
                String body = new String(response.readAll(), ISO_8859_1);
                views.put(
                        view.getKey() + " " + view.getValue(),
                        response.status() + "\n" + body.replaceAll("\"requestId\":\"[^\"]*\"", ""));
            }
        }
        return views;
    }

    /** Packs without pauses. */
    final RunPacking packing(Connection connection, FrameDeletion.Room room) {
        return new RunPacking(connection, store().engine(), room, () -> {});
    }

    /** The keys of all runs that have rested for that time and are not packed. */
    static List<Long> rested(Connection connection, Duration rest) throws SQLException {
        return new RestedWalk(rest, InstantSource.system())
                .next(connection, 100_000).stream().map(Rested::runPk).toList();
    }

    private PackedRun pack(String id) throws SQLException {
        try (Connection connection = store().connect()) {
            RunPacking packing = packing(connection, store()::requireRoom);
            long runPk = table().run(id).pk();
            PackedRun packed = packed(packing, runPk);
            store().makeDurable(connection);
            return packed;
        }
    }

    /** Packs a run; one whose row is locked, such as by whoever indexes its words, is left for the next time. */
    private static PackedRun packed(RunPacking packing, long runPk) {
        return RunTable.await(
                "run " + runPk + " packed", () -> packing.pack(runPk).orElse(null));
    }

    /** Removes the blocks that PostgreSQL drops with their partition. */
    private void dropBlocks(String id) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement delete = connection.prepareStatement("delete from block where run_pk = ?")) {
            delete.setLong(1, table().run(id).pk());
            delete.executeUpdate();
        }
    }

    private long rows(FrameTable table, String id) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement select =
                        connection.prepareStatement("select count(*) from " + table.table() + " where run_pk = ?")) {
            select.setLong(1, table().run(id).pk());
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    @Inject
    FrameReader frames;

    /** What a filter leaves out does not stay in memory, however much of it there is. */
    @Test
    void looksThroughAPackedRunWithTheRoomOfOneBlock() throws Exception {
        String events = Noise.events(1000, "event: token\n");
        String id = record(Script.stream(events));
        pack(id);
        dropBlocks(id);
        FrameQuery none = new FrameQuery(0, Integer.MAX_VALUE, List.of(), List.of("other"), false, 500);
        LongAdder room = new LongAdder();

        List<RecordedFrame> found = frames.page(table().run(id).pk(), none, room::add);

        assertEquals(List.of(), found);
        assertTrue(room.sum() > 0 && room.sum() < events.length() / 2, "room for " + room + " bytes");
    }

    @Test
    void compressesAtOnceWhatComesInBulk() throws Exception {
        String event = "event: assistant_message_delta\ndata: {\"delta\":\"again and again \"}\n\n";
        String id = record(Script.stream(event.repeat(1000)));
        long bytes = 1000L * event.length();
        try (Connection connection = store().connect();
                PreparedStatement select = connection.prepareStatement(
                        "select sum(plain_length), sum(octet_length(content)) from block where run_pk = ?")) {
            select.setLong(1, table().run(id).pk());
            try (ResultSet row = select.executeQuery()) {
                row.next();
                assertTrue(row.getLong(1) > bytes / 2, "compressed are " + row.getLong(1) + " of " + bytes);
                assertTrue(row.getLong(2) < bytes / 2, bytes + " bytes are " + row.getLong(2));
            }
        }
        Map<String, String> before = views(id);
        assertTrue(before.get("/events?verbatim=true " + STREAM).endsWith(event.repeat(1000)));

        pack(id);
        dropBlocks(id);

        assertEquals(before, views(id));
    }

    @ParameterizedTest
    @MethodSource("io.runtape.sse.CorpusCase#all")
    void showsARunAsBefore(CorpusCase corpusCase) throws Exception {
        String id = record(corpusCase.script());
        Map<String, String> recorded = views(id);

        pack(id);
        assertEquals(recorded, views(id));

        dropBlocks(id);
        assertEquals(0, rows(FrameTable.BLOCK, id));
        assertEquals(recorded, views(id));
    }

    @ParameterizedTest
    @MethodSource("io.runtape.sse.CorpusCase#all")
    void readsAndPacksRunsOfEarlierVersions(CorpusCase corpusCase) throws Exception {
        String id = record(corpusCase.script());
        Map<String, String> recorded = views(id);
        try (Connection connection = store().connect()) {
            EarlierRows.make(connection, id);
        }
        assertEquals(recorded, views(id));

        pack(id);

        assertEquals(0, rows(FrameTable.FRAME, id));
        assertEquals(recorded, views(id));
    }

    /** Long frames, many frames and a pause at each place where a block may end. */
    @Test
    void packsALongRunIntoSeveralBlocks() throws Exception {
        String id = record(exchange -> {
            exchange.head(200, "Content-Type: text/event-stream", "Transfer-Encoding: chunked");
            for (int i = 0; i < 3000; i++) {
                exchange.chunk(("id: " + i / 10 + "\nevent: e" + i % 7 + "\ndata: " + "word ".repeat(i % 50) + "\n\n")
                        .getBytes(UTF_8));
                if (i % 1000 == 0) {
                    exchange.chunk(("data: " + "x".repeat(300_000) + "\n\n").getBytes(UTF_8));
                }
            }
            exchange.end();
        });
        Map<String, String> recorded = views(id);

        PackedRun packed = pack(id);
        dropBlocks(id);

        // An event that stands still on its way for a moment comes in parts, each of which is a frame.
        assertTrue(packed.frames() >= 3003, packed::toString);
        assertEquals(table().run(id).frames(), packed.frames());
        assertTrue(rows(FrameTable.PACKED_BLOCK, id) > 3);
        assertTrue(packed.packedBytes() * 10 < packed.bytes(), packed::toString);
        assertEquals(recorded, views(id));
    }

    @Test
    void tellsTheDigestOfTheBody() throws Exception {
        byte[] body = "data: a\n\ndata: b\r\n\r\n: c\n\ndata: never ends".getBytes(UTF_8);
        String id = record(Script.stream(new String(body, UTF_8)));

        String digest = "sha-256:"
                + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
        assertTrue(views(id).get(" ").contains("\"digest\":\"" + digest + "\""), () -> digest);
        String base64 = Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("SHA-256").digest(body));
        try (WireResponse whole = client().get("/history/v1/runs/" + id + "/events?verbatim=true", KEY, STREAM);
                WireResponse rest =
                        client().get("/history/v1/runs/" + id + "/events?verbatim=true&after=1", KEY, STREAM)) {
            assertEquals("sha-256=:" + base64 + ":", whole.header("Repr-Digest"));
            assertFalse(rest.head().toString().contains("Repr-Digest"));
        }
    }

    /** A long run takes several blocks, and the disk may be full behind any of them. */
    @Test
    void leavesARunAsItIsWhereItFindsNoRoom() throws Exception {
        String id = record(Script.stream(Noise.events(1000, "")));
        Map<String, String> recorded = views(id);
        long pk = table().run(id).pk();
        LongAdder blocks = new LongAdder();
        try (Connection connection = store().connect()) {
            RunPacking packing = packing(connection, bytes -> {
                blocks.increment();
                if (blocks.sum() == 3) {
                    throw new SQLException("full", "53100");
                }
            });

            SQLException full = assertThrows(SQLException.class, () -> packed(packing, pk));

            assertEquals("53100", full.getSQLState());
        }
        assertEquals(0, rows(FrameTable.PACKED_BLOCK, id));
        assertEquals(recorded, views(id));
        pack(id);
        dropBlocks(id);
        assertTrue(rows(FrameTable.PACKED_BLOCK, id) >= 3);
        assertEquals(recorded, views(id));
    }

    @Test
    void leavesARunAloneWhoseFramesAreNotItsOwn() throws Exception {
        String id = record(Script.stream("data: a\n\ndata: b\n\n"));
        digest(id, "0".repeat(64));

        UnpackableRunException refused = assertThrows(UnpackableRunException.class, () -> pack(id));

        assertTrue(refused.getMessage().contains("digest"), refused::getMessage);
        assertEquals(0, rows(FrameTable.PACKED_BLOCK, id));
        assertEquals(2, table().frames(id).size());
        digest(id, null);
        pack(id);
    }

    private void digest(String id, String digest) throws SQLException {
        try (Connection connection = PatientConnection.to(store());
                PreparedStatement update = connection.prepareStatement("update run set digest = ? where id = ?")) {
            update.setString(1, digest);
            update.setString(2, id);
            update.executeUpdate();
        }
    }

    @Test
    void tellsThatARowIsDamagedWhateverIsReadOfIt() throws Exception {
        String id = record(Script.stream("data: a\n\n"));
        long pk = table().run(id).pk();
        try (Connection connection = store().connect();
                PreparedStatement damage =
                        connection.prepareStatement("update block set content = ? where run_pk = ?")) {
            damage.setBytes(1, new byte[] {'?'});
            damage.setLong(2, pk);
            assertEquals(1, damage.executeUpdate());

            assertInstanceOf(
                    DamagedFramesException.class,
                    FrameReader.count(connection, pk).damage());
            FrameWalk walk = new FrameWalk(connection, store().engine(), FrameTable.BLOCK, pk);
            assertThrows(DamagedFramesException.class, () -> walk.next(1));
        }
        // No later call finds them whole: 503 would ask the client to come back.
        try (WireResponse read = client().get("/history/v1/runs/" + id + "/events", KEY)) {
            assertEquals(500, read.status());
        }
        // Other tests pack whatever is there.
        try (WireResponse deleted = client().send("DELETE", "/history/v1/runs/" + id, new byte[0], KEY)) {
            assertEquals(204, deleted.status());
        }
    }

    @Test
    void deletesAPackedRun() throws Exception {
        String id = record(Script.stream("data: a\n\n"));
        pack(id);
        long pk = table().run(id).pk();

        try (WireResponse response = client().send("DELETE", "/history/v1/runs/" + id, new byte[0], KEY)) {
            assertEquals(204, response.status());
        }

        try (Connection connection = store().connect()) {
            for (FrameTable table : FrameTable.values()) {
                try (PreparedStatement select =
                        connection.prepareStatement("select 1 from " + table.table() + " where run_pk = " + pk)) {
                    assertTrue(!select.executeQuery().next(), table::table);
                }
            }
        }
    }

    @Test
    void packsTheRunsThatHaveRested() throws Exception {
        List<String> ids = List.of(record(Script.stream("data: a\n\n")), record(Script.stream("data: b\n\n")));
        try (Connection connection = store().connect()) {
            RunPacking packing = packing(connection, store()::requireRoom);
            List<Long> early = rested(connection, Duration.ofHours(1));
            List<Long> rested = rested(connection, AT_ONCE);
            for (String id : ids) {
                long pk = table().run(id).pk();
                assertTrue(!early.contains(pk));
                assertTrue(rested.contains(pk));
                packed(packing, pk);
            }
            List<Long> left = rested(connection, AT_ONCE);
            for (String id : ids) {
                assertTrue(!left.contains(table().run(id).pk()));
            }
        }
    }
}
