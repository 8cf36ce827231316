package io.runtape.history.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.response.Response;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.history.IndexedHistory;
import io.runtape.run.FrameQuery;
import io.runtape.run.FrameReader;
import io.runtape.run.RecordedFrame;
import io.runtape.sse.FrameKind;
import io.runtape.testsupport.EarlierRows;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.Noise;
import io.runtape.testsupport.RunTable.FrameRow;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import jakarta.inject.Inject;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames are read back as JSON, as a page or a line each. */
abstract class RunEventsTest extends IndexedHistory {

    private static final String LINES = "application/x-ndjson";

    @Test
    void showsEveryKindOfFrame() throws Exception {
        String id = record(
                "{\"threadId\":\"" + thread + "\"}",
                Script.stream(
                        "\uFEFFevent: start\ndata: {\"a\":1}\nid: 7\n\n: beat\n\ndata: {\"type\":\"tool_call\"}\n\n"
                                + "data: a\ndata: b\n\ndata: cut off"));

        Json page = json("/runs/" + id + "/events");

        assertEquals(List.of("event", "comment", "event", "event", "tail"), page.getList("data.kind"));
        assertEquals(List.of(1, 2, 3, 4, 5), page.getList("data.sequence"));
        assertEquals(nulls("start", null, "tool_call", "message", null), page.getList("data.type"));
        assertEquals(nulls("start", null, "message", "message", null), page.getList("data.event"));
        assertEquals(nulls("{\"a\":1}", null, "{\"type\":\"tool_call\"}", "a\nb", null), page.getList("data.data"));
        assertEquals(nulls("7", "7", "7", "7", null), page.getList("data.lastEventId"));
        assertEquals(1, page.getInt("data[0].payload.a"));
        assertNull(page.get("data[1].payload"));
        assertEquals("a\nb", page.getString("data[3].payload"));
        assertEquals(id, page.getString("data[4].runId"));
        assertEquals(thread, page.getString("data[4].threadId"));
        assertEquals(13, page.getMap("data[4]").size() + 1);
        assertFalse(page.getBoolean("meta.hasMore"));
        assertNull(page.get("meta.nextCursor"));
    }

    private static List<String> nulls(String... values) {
        List<String> list = new ArrayList<>();
        for (String value : values) {
            list.add(value);
        }
        return list;
    }

    /** An id that is set, repeated, reset, and longer than an index could hold. */
    @Test
    void tellsTheIdInForceWhereverAPageBegins() throws Exception {
        String longId = "é".repeat(20_000);
        List<String> blocks = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (String id : List.of("", "1", "1", longId, "", "2")) {
            for (int i = 0; i < 7; i++) {
                boolean set = i == 0 && !(blocks.isEmpty());
                blocks.add((i % 3 == 1 ? ": beat\n" : "event: e" + i + "\ndata: x\n") + (set ? "id: " + id + "\n" : "")
                        + "\n");
                expected.add(id);
            }
        }
        String run = record("{}", Script.stream(String.join("", blocks)));
        String otherRun = record("{\"threadId\":\"" + thread + "\"}", Script.stream("data: 1\nid: a\n\ndata: 2\n\n"));
        record("{\"threadId\":\"" + thread + "\"}", Script.stream("data: 1\n\ndata: 2\n\n"));

        int last = expected.size();
        for (int after = 0; after < last; after++) {
            List<String> ids =
                    json("/runs/" + run + "/events?limit=3&after=" + after).getList("data.lastEventId");
            assertEquals(expected.subList(after, Math.min(last, after + 3)), ids);
        }
        List<String> backwards =
                json("/runs/" + run + "/events?limit=500&order=desc").getList("data.lastEventId");
        Collections.reverse(backwards);
        assertEquals(expected, backwards);
        assertEquals(
                List.of("", "1", "1", longId, "", "2"),
                json("/runs/" + run + "/events?type=e5").getList("data.lastEventId"));
        assertEquals(List.of("a", "a"), json("/runs/" + otherRun + "/events").getList("data.lastEventId"));
        assertEquals(
                List.of("a", "a", "", ""),
                json("/threads/" + thread + "/events").getList("data.lastEventId"));
    }

    /** As a gateway of an earlier version left them: each row has the id in force. */
    @Test
    void readsRowsThatRepeatTheId() throws Exception {
        String id = record("{}", Script.stream("data: 1\nid: 9\n\ndata: 2\n\ndata: 3\n\n"));
        try (Connection connection = store().connect();
                Statement update = connection.createStatement()) {
            EarlierRows.make(connection, id);
            update.execute("update frame set last_event_id = '9' where run_pk = (select run_pk from run where id = '"
                    + id + "')");
        }

        assertEquals(List.of("9", "9", "9"), json("/runs/" + id + "/events").getList("data.lastEventId"));
        assertEquals(List.of("9", "9"), json("/runs/" + id + "/events?after=1").getList("data.lastEventId"));
    }

    @Test
    void tellsWhenAFrameCameToTheMicrosecond() throws Exception {
        String id = record("{}", Script.stream("data: 1\n\n", "data: 2\n\n"));

        Response response = history().get("/runs/" + id + "/events");

        Json page = Json.of(response.asString());
        Instant created = Instant.parse(json("/runs/" + id).getString("data.createdAt"));
        List<FrameRow> rows = table().frames(id);
        for (int i = 0; i < rows.size(); i++) {
            FrameRow row = rows.get(i);
            String millis = new BigDecimal(row.offsetMicros()).movePointLeft(3).toString();
            assertTrue(response.asString().contains("\"offsetMs\":" + millis + ","), millis);
            assertEquals(
                    created.plus(row.offsetMicros(), ChronoUnit.MICROS),
                    Instant.parse(page.getString("data[" + i + "].createdAt")));
            assertEquals(row.bytes().length, page.getInt("data[" + i + "].bytes"));
        }
    }

    @Test
    void showsAnyPayload() throws Exception {
        List<String> data = List.of(
                "1.50",
                "1e400",
                "[DONE]",
                "null",
                "\"\\uD800\"",
                "{\"a\":1,\"a\":2}",
                "{\"nul\":\"\\u0000\"}",
                "[".repeat(950) + "]".repeat(950),
                "[".repeat(5000));
        StringBuilder stream = new StringBuilder();
        data.forEach(d -> stream.append("data: ").append(d).append("\n\n"));
        stream.append("data: {\ndata: \"lines\": 2}\n\ndata\n\nevent: x\u0000y\ndata: nul \u0000\n\n");
        String id = record("{}", Script.stream(stream.toString()));

        String page = history()
                .get("/runs/" + id + "/events")
                .then()
                .statusCode(200)
                .extract()
                .asString();

        List<String> payloads = List.of(
                "1.50",
                "1e400",
                "\"[DONE]\"",
                "null",
                "\"\\uD800\"",
                "{\"a\":1,\"a\":2}",
                "{\"nul\":\"\\u0000\"}",
                "\"" + data.get(7) + "\"",
                "\"" + data.get(8) + "\"",
                "{\"lines\":2}",
                "\"\"",
                "\"nul \\u0000\"");
        int at = 0;
        for (String payload : payloads) {
            int found = page.indexOf("\"payload\":" + payload + ",", at);
            assertTrue(found > at, payload);
            at = found;
        }
        String lines = history().accept(LINES).get("/runs/" + id + "/events").asString();
        assertEquals(payloads.size(), lines.split("\n").length);
        refused("/runs/" + id + "/events?type=x%00y", 400, "invalid_request", "type");
    }

    @Test
    void showsBytesThatAreNoText() throws Exception {
        byte[] frame = {'d', 'a', 't', 'a', ':', (byte) 0xff, (byte) 0xed, (byte) 0xa0, (byte) 0x80, '\n', '\n'};
        String id = record("{}", Script.stream(frame));

        Json page = json("/runs/" + id + "/events?include=raw");

        assertEquals("\uFFFD\uFFFD\uFFFD\uFFFD", page.getString("data[0].data"));
        assertArrayEquals(frame, Base64.getDecoder().decode(page.getString("data[0].raw")));
    }

    @Test
    void takesAMarkForAMarkAtTheVeryStartOnly() throws Exception {
        String id = record("{}", Script.stream("\uFEFFdata: 1\n\n\uFEFFdata: 2\n\ndata: \uFEFF3\n\n"));

        Json page = json("/runs/" + id + "/events");

        assertEquals(nulls("1", null, "\uFEFF3"), page.getList("data.data"));
    }

    /** A run whose first event comes in two parts. */
    private String recordInParts() throws Exception {
        CountDownLatch partSeen = new CountDownLatch(1);
        String first = "\uFEFFevent: slow\ndata: {\"half\":";
        Script script = exchange -> {
            exchange.streamHead();
            exchange.chunk(first);
            partSeen.await();
            exchange.chunk("1}\n\ndata: next\n\n").end();
        };
        try (WireResponse response = client().post(
                        "/v1/run",
                        "{}",
                        "X-API-Key: " + key,
                        upstream.on(script).header())) {
            response.readUpTo(first.getBytes(UTF_8).length);
            partSeen.countDown();
            response.whole();
            String id = response.header("Runtape-Run-Id");
            awaitEnd(key, id);
            return id;
        }
    }

    @Inject
    EventViews views;

    @Test
    void tellsThatTheRunOfAnEventInPartsIsDeleted() throws Exception {
        String id = recordInParts();
        RunFrames run = new RunFrames(table().ended(id).pk(), id, thread, Instant.EPOCH, 0, RunFrames.ALL, false);
        RecordedFrame completing =
                reader.page(run.runPk(), FrameQuery.all(1, 2, 1), bytes -> {}).get(0);
        assertEquals("slow", views.of(run, completing, false, bytes -> {}).event());
        history().delete("/runs/" + id).then().statusCode(204);

        ApiException deleted = assertThrows(ApiException.class, () -> views.of(run, completing, false, bytes -> {}));
        assertEquals(ErrorCode.NOT_FOUND, deleted.code());
    }

    @Test
    void joinsPartsToTheirEvent() throws Exception {
        String id = recordInParts();

        Json page = json("/runs/" + id + "/events?include=raw");

        assertEquals(List.of("part", "event", "event"), page.getList("data.kind"));
        assertEquals(nulls(null, "slow", "message"), page.getList("data.event"));
        assertEquals(nulls(null, "{\"half\":1}", "next"), page.getList("data.data"));
        assertEquals(1, page.getInt("data[1].payload.half"));
        assertEquals("1}\n\n", new String(Base64.getDecoder().decode(page.getString("data[1].raw")), UTF_8));
        assertEquals(4, page.getInt("data[1].bytes"));
        assertEquals(
                List.of("{\"half\":1}"),
                json("/runs/" + id + "/events?kind=event&limit=1").getList("data.data"));
    }

    @Test
    void showsOfAnEventThatIsTooLongThatItIs() throws Exception {
        byte[] block = ("event: huge\ndata: " + "x".repeat(9 << 20) + "\n\n").getBytes(UTF_8);
        String id = record("{}", Script.stream(block, "data: next\n\n".getBytes(UTF_8)));

        Json events = json("/runs/" + id + "/events?kind=event");

        assertEquals(nulls("huge", "message"), events.getList("data.type"));
        assertTrue(events.getBoolean("data[0].truncated"));
        assertNull(events.get("data[0].data"));
        assertNull(events.get("data[0].payload"));
        assertNull(events.get("data[1].truncated"));
        ByteArrayOutputStream parts = new ByteArrayOutputStream();
        String after = "0";
        for (boolean more = true; more; ) {
            Json page = json("/runs/" + id + "/events?include=raw&after=" + after);
            page.getList("data.raw", String.class)
                    .forEach(raw -> parts.writeBytes(Base64.getDecoder().decode(raw)));
            after = page.getString("data[-1].sequence");
            more = page.getBoolean("meta.hasMore");
        }
        assertArrayEquals(table().bytes(id), parts.toByteArray());
    }

    @Test
    void showsAWholeResponse() throws Exception {
        String id = record("{\"stream\":false}", Script.json(200, "{\"data\":{\"status\":\"completed\"}}"));
        String text =
                record("{\"stream\":false}", Script.whole(502, "bad".getBytes(UTF_8), "Content-Type: text/plain"));

        Json page = json("/runs/" + id + "/events");

        assertEquals(List.of("response"), page.getList("data.kind"));
        assertNull(page.get("data[0].type"));
        assertNull(page.get("data[0].event"));
        assertNull(page.get("data[0].lastEventId"));
        assertEquals("{\"data\":{\"status\":\"completed\"}}", page.getString("data[0].data"));
        assertEquals("completed", page.getString("data[0].payload.data.status"));
        assertEquals("bad", json("/runs/" + text + "/events").getString("data[0].payload"));
    }

    @Test
    void filters() throws Exception {
        String id = record(
                "{}",
                Script.stream("event: a\ndata: 1\n\nevent: b\ndata: 2\n\n: c\n\nevent: a\ndata: 3\n\ndata: 4\n\n"));
        String events = "/runs/" + id + "/events";

        assertEquals(List.of(1, 4), sequences(events + "?type=a"));
        assertEquals(List.of(1, 2, 4), sequences(events + "?type=a&type=b"));
        assertEquals(List.of(3), sequences(events + "?kind=comment"));
        assertEquals(List.of(1, 2, 3, 4, 5), sequences(events + "?kind=comment&kind=event"));
        assertEquals(List.of(), sequences(events + "?kind=comment&type=a"));
        assertEquals(List.of(4), sequences(events + "?type=a&after=1"));
        assertEquals(List.of(), sequences(events + "?after=5"));
        assertEquals(List.of(5, 4, 3), sequences(events + "?order=desc&after=2"));
        assertEquals(List.of(1, 2), sequences(events + "?order=asc&limit=2"));
        refused(
                events + "?kind=events",
                400,
                "invalid_request",
                "kind",
                "event, comment, part, tail, response, encoded");
        refused(events + "?order=up", 400, "invalid_request", "order", "asc, desc");
        refused(events + "?include=bytes", 400, "invalid_request", "include", "raw");
        refused(events + "?after=-1", 400, "invalid_request", "after");
        refused(events + "?after=x", 400, "invalid_request", "after");
        refused(events + "?limit=1000", 400, "invalid_request", "limit");
        refused(events + "?after=6", 400, "unknown_sequence", "5");
        refused(events + "?after=9223372036854775807", 400, "unknown_sequence");
        refused(events + "?cursor=xyz", 400, "invalid_request", "cursor");
    }

    private List<Integer> sequences(String target) {
        return json(target).getList("data.sequence", Integer.class);
    }

    @Test
    void goesOnInEitherOrder() throws Exception {
        String id = record("{}", Script.stream(stream(11)));
        String events = "/runs/" + id + "/events?limit=4";

        assertEquals(IntStream.rangeClosed(1, 11).boxed().toList(), all(events));
        assertEquals(IntStream.rangeClosed(1, 11).map(i -> 12 - i).boxed().toList(), all(events + "&order=desc"));
        assertEquals(IntStream.rangeClosed(4, 11).boxed().toList(), all(events + "&after=3"));
        assertEquals(List.of(2, 4, 6, 8, 10), all(events + "&type=even"));
        assertEquals(List.of(10, 8, 6, 4), all(events + "&type=even&order=desc&after=2"));
        String ascending = json(events).getString("meta.nextCursor");
        refused("/runs/" + id + "/events?order=desc&cursor=" + ascending, 400, "invalid_request", "cursor");
        String other = record("{}", Script.stream(stream(5)));
        refused("/runs/" + other + "/events?cursor=" + ascending, 400, "invalid_request", "cursor");
    }

    private static String stream(int events) {
        StringBuilder stream = new StringBuilder();
        for (int i = 1; i <= events; i++) {
            stream.append("event: ").append(i % 2 == 0 ? "even" : "odd").append("\ndata: " + i + "\n\n");
        }
        return stream.toString();
    }

    private List<Integer> all(String target) {
        List<Integer> all = new ArrayList<>();
        String cursor = "";
        for (boolean more = true; more; ) {
            Json page = json(target + cursor);
            List<Integer> some = page.getList("data.sequence", Integer.class);
            assertFalse(some.isEmpty() && !all.isEmpty(), "an empty page");
            all.addAll(some);
            more = page.getBoolean("meta.hasMore");
            cursor = "&cursor=" + page.getString("meta.nextCursor");
        }
        return all;
    }

    @Test
    void endsAPageOfLargeEventsEarly() throws Exception {
        String large = "data: " + "x".repeat(3 << 20) + "\n\n";
        String id = record("{}", Script.stream(large, large, large));

        Json page = json("/runs/" + id + "/events?kind=event");
        Json rest = json("/runs/" + id + "/events?kind=event&cursor=" + page.getString("meta.nextCursor"));

        assertTrue(page.getList("data").size() < 3);
        assertTrue(page.getBoolean("meta.hasMore"));
        // An event that takes long to come is recorded in parts, each of which has a sequence as well.
        List<Integer> events = table().frames(id).stream()
                .filter(frame -> frame.kind() == FrameKind.EVENT)
                .map(frame -> (int) frame.sequence())
                .toList();
        assertEquals(3, events.size());
        assertEquals(events, all("/runs/" + id + "/events?kind=event"));
        assertFalse(rest.getList("data").isEmpty());
    }

    @Test
    void showsOfARunThatGoesOnWhatIsThere() throws Exception {
        try (LiveRun live = begin("{}", "data: 1\n\n", "data: 2\n\n")) {
            String events = "/runs/" + live.id() + "/events";

            assertEquals(List.of(1, 2), sequences(events));
            assertFalse(json(events).getBoolean("meta.hasMore"));
            assertEquals(List.of(2, 1), sequences(events + "?order=desc"));
            assertEquals(List.of(), sequences(events + "?after=2"));
            refused(events + "?after=3", 400, "unknown_sequence", "2");
            assertEquals(2, lines(events).length);
        }
    }

    @Test
    void servesAllAsLines() throws Exception {
        String id = record("{}", Script.stream(stream(1203)));
        String events = "/runs/" + id + "/events";

        Response response = history().accept(LINES).get(events);

        assertEquals(LINES, response.contentType());
        assertEquals("no-store", response.header("Cache-Control"));
        assertEquals("chunked", response.header("Transfer-Encoding"));
        assertTrue(response.asString().endsWith("}\n"));
        // More than there are events where one of them took long to come, and was recorded in parts.
        List<FrameRow> frames = table().frames(id);
        int last = frames.size();
        assertTrue(last >= 1203);
        assertEquals(IntStream.rangeClosed(1, last).boxed().toList(), sequencesOf(lines(events)));
        assertEquals(
                IntStream.rangeClosed(last - 2, last).boxed().toList(),
                sequencesOf(lines(events + "?after=" + (last - 3))));
        assertEquals(
                frames.stream()
                        .skip(1200)
                        .filter(frame ->
                                frame.kind() == FrameKind.EVENT && frame.type().equals("even"))
                        .map(frame -> (int) frame.sequence())
                        .toList(),
                sequencesOf(lines(events + "?after=1200&type=even&kind=event")));
        assertEquals("", history().accept(LINES).get(events + "?after=" + last).asString());
        assertEquals("", history().accept(LINES).get(events + "?type=none").asString());
        assertEquals(
                Base64.getEncoder().encodeToString("event: odd\ndata: 1\n\n".getBytes(UTF_8)),
                Json.of(lines(events + "?include=raw")[0]).getString("raw"));
        String first = history().get(events + "?limit=1").asString();
        assertTrue(first.startsWith("{\"data\":[" + lines(events)[0] + "]"), first);
    }

    private String[] lines(String target) {
        return history()
                .accept(LINES)
                .get(target)
                .then()
                .statusCode(200)
                .extract()
                .asString()
                .split("\n");
    }

    private static List<Integer> sequencesOf(String[] lines) {
        return Arrays.stream(lines)
                .map(line -> Integer.valueOf(line.substring("{\"sequence\":".length(), line.indexOf(','))))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"from=snapshot", "from=x", "verbatim=true", "verbatim=false"})
    void refusesWhatHoldsForStreams(String asked) throws Exception {
        String events = "/runs/" + record("{}", Script.stream("data: 1\n\n")) + "/events?" + asked;
        String parameter = asked.substring(0, asked.indexOf('='));

        refused(events, 400, "invalid_request", "The parameter " + parameter + " ", "text/event-stream");
        refused(history().accept(LINES).get(events).then(), 400, "invalid_request", parameter, "text/event-stream");
    }

    @Test
    void refusesToCutLinesIntoPages() throws Exception {
        String events = "/runs/" + record("{}", Script.stream(stream(1))) + "/events";

        for (String parameter : List.of("limit=1", "cursor=x", "order=desc")) {
            refused(
                    history().accept(LINES).get(events + "?" + parameter).then(),
                    400,
                    "invalid_request",
                    parameter.substring(0, parameter.indexOf('=')));
        }
        refused(history().accept(LINES).get(events + "?after=2").then(), 400, "unknown_sequence");
        refused(history().accept(LINES).get("/runs/run_none/events").then(), 404, "not_found");
    }

    @Test
    void readsNoFasterThanItsClient() throws Exception {
        String id = record("{}", Script.stream(("data: " + "x".repeat(100_000) + "\n\n").repeat(400)));
        try (WireResponse slow =
                client().get("/history/v1/runs/" + id + "/events", "X-API-Key: " + key, "Accept: " + LINES)) {
            assertEquals(200, slow.status());
            slow.readUpTo(100_000);

            // The rest is more than the sockets' buffers take: were it read ahead, the deletion could not be noticed.
            history().delete("/runs/" + id).then().statusCode(204);

            slow.readAll();
            assertEquals(WireResponse.End.CUT, slow.end());
            assertTrue(slow.held().length < 400 * 200_000);
        }
    }

    @Inject
    FrameReader reader;

    /** A turn at the database is one short read, however few frames are asked for. */
    @Test
    void looksForATypeReadByRead() throws Exception {
        String events = Noise.events(1000, "event: token\n");
        String id = record("{}", Script.stream(events + "event: rare\ndata: last\n\n"));
        RunFrames run = new RunFrames(table().ended(id).pk(), id, thread, Instant.EPOCH, 0, RunFrames.ALL, false);
        LongAdder reads = new LongAdder();
        EventScan scan = new EventScan(
                reader,
                (runPk, query) -> {
                    reads.increment();
                    return reader.look(runPk, query, bytes -> {});
                },
                List.of(run).iterator()::next,
                (left, after, shown) -> {},
                new EventFilter(List.of("rare"), List.of(), 0, Optional.empty()),
                EventRange.after(0),
                128);
        int turns = 0;
        EventScan.Found found = null;
        while (found == null) {
            found = scan.nextOfRead();
            turns++;
            assertEquals(turns, reads.sum());
            assertFalse(scan.isOver());
        }
        assertEquals("rare", found.frame().type());
        assertTrue(turns > 5, turns + " turns");

        assertEquals(1, lines("/runs/" + id + "/events?type=rare").length);
        assertArrayEquals(new String[] {""}, lines("/runs/" + id + "/events?type=none"));
    }

    @Test
    void choosesByAccept() throws Exception {
        String events = "/runs/" + record("{}", Script.stream(stream(1))) + "/events";
        String json = "application/json";

        assertEquals(json, typeOf(events, null));
        assertEquals(json, typeOf(events, "*/*"));
        assertEquals(json, typeOf(events, "application/*"));
        assertEquals(json, typeOf(events, "application/json"));
        assertEquals(json, typeOf(events, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assertEquals(json, typeOf(events, "application/json, text/event-stream"));
        assertEquals(LINES, typeOf(events, LINES));
        assertEquals(LINES, typeOf(events, LINES + ", */*;q=0.1"));
        assertEquals("text/event-stream", typeOf(events, "text/event-stream"));
        assertEquals("text/event-stream", typeOf(events, "text/event-stream, application/json;q=0.5"));
        assertEquals(LINES, typeOf(events, "application/json;q=0, */*"));
        assertEquals("text/event-stream", typeOf(events, "application/*;q=0, */*"));
        refused(history().accept("text/event-stream;q=0").get(events).then(), 406, "not_acceptable");
        history()
                .accept("text/html")
                .get(events)
                .then()
                .statusCode(406)
                .contentType(startsWith(json))
                .body("error.code", equalTo("not_acceptable"));
    }

    /** Whether there is such a run or not, and whether or not it is the caller's. */
    @Test
    void refusesTypesBeforeItLooks() throws Exception {
        String run = record("{\"threadId\":\"" + thread + "\"}", Script.stream("data: 1\n\n"));
        for (String id : List.of(run, "run_none")) {
            for (String target : List.of("", "/events", "/transcript")) {
                refused(history().accept("text/csv").get("/runs/" + id + target).then(), 406, "not_acceptable", "json");
            }
        }
        for (String id : List.of(thread, "none")) {
            for (String target : List.of("", "/events", "/runs", "/transcript")) {
                refused(
                        history()
                                .accept("text/csv")
                                .get("/threads/" + id + target)
                                .then(),
                        406,
                        "not_acceptable",
                        "json");
            }
        }
        refused(historyOf("").accept("text/csv").get("/runs").then(), 406, "not_acceptable");
    }

    private String typeOf(String target, String accept) throws Exception {
        List<String> headers = new ArrayList<>(List.of("X-API-Key: " + key));
        if (accept != null) {
            headers.add("Accept: " + accept);
        }
        try (WireResponse response = client().get("/history/v1" + target, headers.toArray(String[]::new))) {
            assertEquals(200, response.status());
            return response.header("Content-Type").split(";")[0];
        }
    }

    @Test
    void servesLongRunsWhole() throws Exception {
        String id = record("{}", Script.stream(stream(20_000)));

        String[] lines = lines("/runs/" + id + "/events");

        // More than there are events where one of them took long to come, and was recorded in parts.
        int frames = table().frames(id).size();
        assertTrue(frames >= 20_000);
        assertEquals(IntStream.rangeClosed(1, frames).boxed().toList(), sequencesOf(lines));
    }
}
