package io.runtape.delivery;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.PatientConnection;
import io.runtape.testsupport.RunTable.FrameRow;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Replays: the recorded bytes with their original pauses. */
abstract class ReplayStreamTest extends RecordedHistory {

    private final String caller = "X-API-Key: " + key;

    /** An upstream that takes its time between events. */
    private static Script paced(Duration pause, String... events) {
        return exchange -> {
            exchange.streamHead();
            for (String event : events) {
                exchange.chunk(event);
                LockSupport.parkNanos(pause.toNanos());
            }
            exchange.end();
        };
    }

    private String record(Script script, String... headers) throws Exception {
        return record("{}", script, headers);
    }

    @Test
    void sendsTheRecordedBytesNoFasterThanTheyCame() throws Exception {
        String run = record(paced(Duration.ofMillis(60), "data: 1\n\n", ": 2\r\n\r\n", "data: 3\n\n", "tail"));

        long asked = System.nanoTime();
        try (WireResponse replay = client().get("/history/v1/runs/" + run + "/replay", caller)) {
            assertEquals("text/event-stream", replay.header("Content-Type"));
            assertArrayEquals(table().bytes(run), replay.whole());
            List<FrameRow> frames = table().frames(run);
            int end = 0;
            for (FrameRow frame : frames) {
                end += frame.bytes().length;
                long after = arrival(replay, end) - asked;
                assertTrue(after >= frame.offsetMicros() * 1000, "frame " + frame.sequence() + " came too early");
            }
        }
    }

    /** When the byte before this place in the body had come. */
    private static long arrival(WireResponse response, int end) {
        int held = 0;
        for (WireResponse.Arrival arrival : response.arrivals()) {
            held += arrival.bytes().length;
            if (held >= end) {
                return arrival.atNanos();
            }
        }
        throw new AssertionError("the body is shorter than " + end + " bytes");
    }

    @Test
    void leavesThePausesOutAtFullSpeed() throws Exception {
        long pause;
        long took;
        int tries = 0;
        do {
            String run = record(paced(Duration.ofMillis(500), "data: 1\n\n", "data: 2\n\n"));
            pause = pauseMicros(table().frames(run)) * 1000;
            long asked = System.nanoTime();
            assertEquals("data: 1\n\ndata: 2\n\n", replay(run, "speed=max"));
            took = System.nanoTime() - asked;
            tries++;
            // A busy machine may take as long, or read both frames at once.
        } while (took >= pause && tries < 10);
        assertTrue(took < pause, took + " ns for a pause of " + pause);
    }

    /** Between the first two frames, as they were recorded. */
    private static long pauseMicros(List<FrameRow> frames) {
        return frames.get(1).offsetMicros() - frames.get(0).offsetMicros();
    }

    private static String end(String run, long id) {
        return end(run, id, id, "completed", null);
    }

    private static String end(String run, long id, long last, String status, String reason) {
        return "event: runtape.end\nid: " + id + "\ndata: {\"runId\":\"" + run + "\",\"status\":\"" + status
                + "\",\"reason\":" + (reason == null ? "null" : "\"" + reason + "\"") + ",\"lastSequence\":" + last
                + "}\n\n";
    }

    private String replay(String run, String query, String... headers) throws Exception {
        String[] lines = Arrays.copyOf(headers, headers.length + 1);
        lines[headers.length] = caller;
        try (WireResponse replay = client().get("/history/v1/runs/" + run + "/replay?" + query, lines)) {
            String body = new String(replay.whole(), StandardCharsets.UTF_8);
            assertEquals(200, replay.status(), body);
            return body;
        }
    }

    @Test
    void putsSequencesInWhenAskedForIds() throws Exception {
        String run = record(Script.stream("data: 1\n\n", ": c\n\n", "id: 77\ndata: 2\n\n"));

        assertEquals(
                "data: 1\nid: 1\n\n: c\n\nid: 77\ndata: 2\nid: 3\n\n" + end(run, 3), replay(run, "speed=max&ids=true"));
    }

    @Test
    void playsFromOneFrameToAnother() throws Exception {
        String run = record(Script.stream("data: 1\n\n", "data: 2\n\n", "data: 3\n\n", "data: 4\n\n"));

        assertEquals("data: 2\n\ndata: 3\n\n", replay(run, "speed=max&from=2&to=3"));
        assertEquals("data: 3\nid: 3\n\ndata: 4\nid: 4\n\n" + end(run, 4), replay(run, "speed=max&from=3&ids=true"));
        assertEquals("data: 1\nid: 1\n\n", replay(run, "speed=max&to=1&ids=true"));
        assertEquals("data: 4\n\n", replay(run, "speed=max&after=3"));
        assertRefused("/runs/" + run + "/replay?from=5", 400, "unknown_sequence");
        assertRefused("/runs/" + run + "/replay?to=5", 400, "unknown_sequence");
        assertRefused("/runs/" + run + "/replay?after=5", 400, "unknown_sequence");
        assertRefused("/runs/" + run + "/replay?from=3&to=2", 400, "invalid_request");
        assertRefused("/runs/" + run + "/replay?from=%2B2h", 400, "invalid_request");
    }

    @Test
    void playsFromOneTimeToAnother() throws Exception {
        Script paced = paced(Duration.ofMillis(30), "data: 1\n\n", "data: 2\n\n", "data: 3\n\n", "data: 4\n\n");
        String run = record(paced);
        // On a busy machine some arrive at once.
        for (int tries = 1; !areApart(table().frames(run)); tries++) {
            assertTrue(tries < 50, "they never arrive apart");
            run = record(paced);
        }
        List<FrameRow> frames = table().frames(run);
        String second = frames.get(1).offsetMicros() / 1000 + "ms";
        String beforeSecond = (frames.get(1).offsetMicros() - 1) / 1000 + "ms";
        String behindThird = frames.get(2).offsetMicros() / 1000 + 1 + "ms";

        assertEquals("data: 2\n\ndata: 3\n\n", replay(run, "speed=max&from=%2B" + second + "&to=+" + behindThird));
        assertEquals("data: 4\n\n", replay(run, "speed=max&from=" + behindThird));
        assertEquals("data: 1\n\n", replay(run, "speed=max&to=" + beforeSecond));
    }

    /** Whether whole milliseconds tell one from the next. */
    private static boolean areApart(List<FrameRow> frames) {
        for (int i = 1; i < frames.size(); i++) {
            if (frames.get(i).offsetMicros() - frames.get(i - 1).offsetMicros() < 2_000) {
                return false;
            }
        }
        return true;
    }

    @Test
    void beginsWithTheFrameThatItIsAskedFor() throws Exception {
        String run = record(paced(Duration.ofSeconds(1), "data: 1\n\n", "data: 2\n\n"));
        long pause = pauseMicros(table().frames(run)) * 1000;

        long asked = System.nanoTime();
        // The pause before frame 2 is left out, but not where the reader has frame 1.
        assertEquals("data: 2\n\n", replay(run, "from=2&speed=0.1"));
        assertTrue(System.nanoTime() - asked < Duration.ofSeconds(8).toNanos(), "it waited for the frame");
        asked = System.nanoTime();
        assertEquals("data: 2\n\n", replay(run, "after=1"));
        assertTrue(System.nanoTime() - asked >= pause, "it did not wait");
        asked = System.nanoTime();
        assertEquals("data: 2\n\n", replay(run, "after=1&maxGap=PT0.01S&speed=0.1"));
        assertTrue(System.nanoTime() - asked < Duration.ofSeconds(8).toNanos(), "the pause was not cut");
    }

    @Test
    void goesOnWhereAnEventSourceComesBack() throws Exception {
        String run = record(Script.stream("data: 1\n\n", "data: 2\n\n", "data: unfinished"));

        String ids = "speed=max&ids=true";
        assertEquals("data: 1\nid: 1\n\ndata: 2\nid: 2\n\n" + end(run, 3), replay(run, ids));
        assertEquals("data: 2\nid: 2\n\n" + end(run, 3), replay(run, ids, "Last-Event-ID: 1"));
        for (String last : List.of("2", "3")) {
            try (WireResponse nothing =
                    client().get("/history/v1/runs/" + run + "/replay?" + ids, caller, "Last-Event-ID: " + last)) {
                assertEquals(204, nothing.status());
            }
        }
        assertEquals(
                "data: 1\n\ndata: 2\n\ndata: unfinished", replay(run, "speed=max", "Last-Event-ID: not-one-of-ours"));
    }

    @Test
    void isCutWhereTheResponseWas() throws Exception {
        String run =
                record(exchange -> exchange.streamHead().chunk("data: 1\n\n").chunk("data: 2"));

        try (WireResponse replay = client().get("/history/v1/runs/" + run + "/replay?speed=max", caller)) {
            assertEquals("data: 1\n\ndata: 2", new String(replay.readAll(), StandardCharsets.UTF_8));
            assertEquals(WireResponse.End.CUT, replay.end());
        }
        assertEquals(
                "data: 1\nid: 1\n\n" + end(run, 2, 2, "failed", "upstream_closed"), replay(run, "speed=max&ids=true"));
        assertEquals("data: 1\n\n", replay(run, "speed=max&to=1"));
    }

    @Test
    void takesATicketInsteadOfACredential() throws Exception {
        String run = record(Script.stream("data: 1\n\n"));
        String other = record(Script.stream("data: 2\n\n"));
        String ticket = given().header("X-API-Key", key)
                .contentType("application/json")
                .body("{\"runId\":\"" + run + "\"}")
                .post("/history/v1/tickets")
                .then()
                .statusCode(201)
                .extract()
                .path("data.ticket");

        try (WireResponse replay = client().get("/history/v1/runs/" + run + "/replay?ticket=" + ticket)) {
            assertEquals("data: 1\n\n", new String(replay.whole(), StandardCharsets.UTF_8));
        }
        try (WireResponse replay = client().get("/history/v1/runs/" + other + "/replay?ticket=" + ticket)) {
            assertEquals(401, replay.status());
        }
    }

    @Test
    void playsALiveRunUpToItsPresent() throws Exception {
        CountDownLatch hold = new CountDownLatch(1);
        String thread = "thr-" + UUID.randomUUID();
        String first = record(Script.stream("data: 1\n\n"), "Runtape-Thread-Id: " + thread);
        Script script = exchange -> {
            exchange.streamHead().chunk("data: 2\n\n");
            assertTrue(hold.await(20, TimeUnit.SECONDS));
            exchange.chunk("data: 3\n\n").end();
        };
        try (WireResponse live =
                client().post("/v1/run", "{}", upstream.on(script).header(), caller, "Runtape-Thread-Id: " + thread)) {
            String run = live.header("Runtape-Run-Id");
            live.readUpTo("data: 2\n\n".length());
            assertEquals("data: 2\n\n", replay(run, "speed=max"));
            assertEquals("data: 2\nid: 1\n\n", replay(run, "speed=max&ids=true"));
            String target = "/history/v1/threads/" + thread + "/replay?speed=max";
            try (WireResponse replay = client().get(target, caller)) {
                assertEquals("data: 1\n\ndata: 2\n\n", new String(replay.whole(), StandardCharsets.UTF_8));
            }
            // More may come of it, so that an EventSource that has all so far must come back.
            try (WireResponse replay =
                    client().get(target + "&ids=true", caller, "Last-Event-ID: " + ((2L << 32) + 1))) {
                assertEquals("", new String(replay.whole(), StandardCharsets.UTF_8));
                assertEquals(200, replay.status());
            }
            // Nothing comes to what ends with a frame that is there.
            assertNothingMore("/threads/" + thread, (2L << 32) + 1, "&to=" + ((2L << 32) + 1));
            assertNothingMore("/runs/" + run, 1, "&to=1");
            hold.countDown();
            live.whole();
            table().ended(run);
            try (WireResponse replay = client().get(target, caller)) {
                assertEquals("data: 1\n\ndata: 2\n\ndata: 3\n\n", new String(replay.whole(), StandardCharsets.UTF_8));
            }
            long one = 1L << 32;
            long two = 2L << 32;
            try (WireResponse replay =
                    client().get(target + "&ids=true&from=" + (one + 1) + "&to=" + (two + 1), caller)) {
                assertEquals(
                        "data: 1\nid: " + (one + 1) + "\n\n" + end(first, one + 1, 1, "completed", null)
                                + "data: 2\nid: " + (two + 1) + "\n\n",
                        new String(replay.whole(), StandardCharsets.UTF_8));
            }
            try (WireResponse replay = client().get(target + "&ids=true&after=" + (two + 1), caller)) {
                assertEquals(
                        "data: 3\nid: " + (two + 2) + "\n\n" + end(run, two + 2, 2, "completed", null),
                        new String(replay.whole(), StandardCharsets.UTF_8));
            }
            try (WireResponse replay = client().get(target + "&ids=true", caller, "Last-Event-ID: " + (two + 2))) {
                assertEquals(204, replay.status());
            }
            assertRefused("/threads/" + thread + "/replay?from=" + (two + 3), 400, "unknown_sequence");
            assertRefused("/threads/" + thread + "/replay?from=1", 400, "unknown_sequence");
            assertRefused("/threads/" + thread + "/replay?from=1h", 400, "invalid_request");
        }
    }

    /** Its client takes the run before it slowly; meanwhile the live run goes on, and another one begins. */
    @Test
    void playsALaterRunOfAThreadAsItIsWhenItsTurnComes() throws Exception {
        CountDownLatch hold = new CountDownLatch(1);
        String in = "Runtape-Thread-Id: thr-" + UUID.randomUUID();
        String event = "data: " + "x".repeat(64 << 10) + "\n\n";
        int events = 384;
        record(
                exchange -> {
                    exchange.streamHead();
                    for (int i = 0; i < events; i++) {
                        exchange.chunk(event);
                    }
                    exchange.end();
                },
                in);
        Script script = exchange -> {
            exchange.streamHead().chunk("data: 2\n\n");
            assertTrue(hold.await(20, TimeUnit.SECONDS));
            exchange.chunk("data: 3\n\n").end();
        };
        try (WireResponse live =
                client().post("/v1/run", "{}", upstream.on(script).header(), caller, in)) {
            live.readUpTo("data: 2\n\n".length());
            String target = "/history/v1/threads/" + live.header("Runtape-Thread-Id") + "/replay?speed=max";
            try (WireResponse replay = client().get(target, caller)) {
                replay.readUpTo(1);
                hold.countDown();
                live.whole();
                table().ended(live.header("Runtape-Run-Id"));
                record(Script.stream("data: 4\n\n"), in);

                byte[] bytes = replay.whole();
                int before = events * event.length();
                assertEquals(
                        "data: 2\n\ndata: 3\n\ndata: 4\n\n",
                        new String(bytes, before, bytes.length - before, StandardCharsets.UTF_8));
            }
        }
    }

    @Test
    void replaysAThreadWithAGapBetweenItsRuns() throws Exception {
        String thread = "thr-" + UUID.randomUUID();
        String first = record(Script.stream("data: 1\n\n"), "Runtape-Thread-Id: " + thread);
        String second = record(Script.stream("data: 2\n\n"), "Runtape-Thread-Id: " + thread);

        long asked = System.nanoTime();
        try (WireResponse replay =
                client().get("/history/v1/threads/" + thread + "/replay?speed=100&runGap=PT0.2S&ids=true", caller)) {
            assertEquals(
                    "data: 1\nid: " + ((1L << 32) + 1) + "\n\n" + end(first, (1L << 32) + 1, 1, "completed", null)
                            + "data: 2\nid: " + ((2L << 32) + 1) + "\n\n"
                            + end(second, (2L << 32) + 1, 1, "completed", null),
                    new String(replay.whole(), StandardCharsets.UTF_8));
            int secondBegins = new String(replay.held(), StandardCharsets.UTF_8).indexOf("data: 2");
            long after = arrival(replay, secondBegins + 1) - asked;
            assertTrue(after >= Duration.ofMillis(200).toNanos(), first + " and " + second + " follow too soon");
        }
    }

    /** A call of a stream to an agent API that cannot be reached: a run without a frame. */
    private String unreachable(String thread) throws Exception {
        upstream.refuse();
        try (WireResponse response = client().post("/v1/run", "{\"stream\":true}", caller, thread)) {
            assertEquals(502, response.status());
            String run = response.header("Runtape-Run-Id");
            awaitEnd(key, run);
            assertEquals("failed/upstream_unreachable", table().run(run).outcome());
            return run;
        } finally {
            upstream.acceptAgain();
        }
    }

    private void assertNothingMore(String thread, long position) throws Exception {
        assertNothingMore("/threads/" + thread, position, "");
    }

    private void assertNothingMore(String of, long position, String to) throws Exception {
        String target = "/history/v1" + of + "/replay?speed=max&ids=true" + to;
        try (WireResponse replay = client().get(target, caller, "Last-Event-ID: " + position)) {
            replay.readAll();
            assertEquals(204, replay.status(), replay::text);
        }
    }

    @Test
    void stopsBehindARunWithoutFrames() throws Exception {
        String thread = "thr-" + UUID.randomUUID();
        String in = "Runtape-Thread-Id: " + thread;
        String first = record(Script.stream("data: 1\n\n"), in);
        String second = unreachable(in);
        long one = 1L << 32;
        long two = 2L << 32;

        assertEquals(
                "data: 1\nid: " + (one + 1) + "\n\n" + end(first, one + 1, 1, "completed", null)
                        + end(second, two, 0, "failed", "upstream_unreachable"),
                replayThread(thread, "speed=max&ids=true"));
        assertEquals(
                end(second, two, 0, "failed", "upstream_unreachable"),
                replayThread(thread, "speed=max&ids=true&after=" + (one + 1)));
        assertNothingMore(thread, two);
    }

    @Test
    void stopsBehindAResponseThatIsNoStream() throws Exception {
        String thread = "thr-" + UUID.randomUUID();
        String in = "Runtape-Thread-Id: " + thread;
        String first = record(Script.stream("data: 1\n\n"), in);
        String second = record(Script.json(200, "{\"data\":2}"), in);
        long one = 1L << 32;
        long two = 2L << 32;
        long last = table().run(second).lastSequence();

        assertEquals(
                "data: 1\nid: " + (one + 1) + "\n\n" + end(first, one + 1, 1, "completed", null) + "{\"data\":2}\n\n"
                        + end(second, two + last, last, "completed", null),
                replayThread(thread, "speed=max&ids=true"));
        assertNothingMore(thread, two + last);
        assertEquals("data: 1\n\n{\"data\":2}", replayThread(thread, "speed=max"));
    }

    /** The client takes nothing, so that the first run is not over, and the third one not looked for. */
    @Test
    void isCutWhereTheNextRunHasLostItsFrames() throws Exception {
        String thread = "thr-" + UUID.randomUUID();
        String in = "Runtape-Thread-Id: " + thread;
        String large = "data: " + "x".repeat(60_000) + "\n\n";
        record(Script.stream(large.repeat(400).getBytes(StandardCharsets.UTF_8)), in);
        String second = record(Script.stream("data: 2\n\n"), in);
        long third = table().ended(record(Script.stream("data: 3\n\n"), in)).pk();

        String target = "/history/v1/threads/" + thread + "/replay?speed=max&ids=true";
        try (WireResponse replay = client().get(target, caller)) {
            replay.readUpTo(large.length());
            loseFrames(third);

            String text = new String(replay.readAll(), StandardCharsets.UTF_8);
            String ofSecond = end(second, (2L << 32) + 1, 1, "completed", null);
            assertEquals(ofSecond, text.substring(text.length() - ofSecond.length()));
            assertEquals(WireResponse.End.CUT, replay.end());
        }
    }

    @Test
    void endsBeforeTheRunThatHasLostItsFrames() throws Exception {
        String thread = "thr-" + UUID.randomUUID();
        String in = "Runtape-Thread-Id: " + thread;
        record(Script.stream("data: 1\n\n"), in);
        long second = table().ended(record(Script.stream("data: 2\n\n"), in)).pk();
        loseFrames(second);

        long lastOfFirst = (1L << 32) + 1;
        assertEquals("data: 1\n\n", replayThread(thread, "speed=max&to=" + lastOfFirst));
        try (WireResponse whole = client().get("/history/v1/threads/" + thread + "/replay?speed=max", caller)) {
            assertEquals(410, whole.status());
        }
    }

    private void loseFrames(long run) throws Exception {
        try (Connection connection = PatientConnection.to(store());
                Statement expire = connection.createStatement()) {
            expire.execute("update run set frames_expired_at = current_timestamp, packed_at = current_timestamp"
                    + " where run_pk = " + run);
            expire.execute("delete from block where run_pk = " + run);
        }
    }

    /** Records a run whose events come one after the other, however slow the machine is. */
    private String recordApart(String thread, String first, String second) throws Exception {
        CountDownLatch firstIsThere = new CountDownLatch(1);
        Script script = exchange -> {
            exchange.streamHead().chunk(first);
            assertTrue(firstIsThere.await(20, TimeUnit.SECONDS));
            exchange.chunk(second).end();
        };
        try (WireResponse response =
                client().post("/v1/run", "{}", upstream.on(script).header(), caller, thread)) {
            response.readUpTo(first.length());
            firstIsThere.countDown();
            response.readAll();
            String run = response.header("Runtape-Run-Id");
            table().ended(run);
            return run;
        }
    }

    /** A time of as many microseconds. */
    private static String at(long micros) {
        return "%d.%03dms".formatted(micros / 1000, micros % 1000);
    }

    private String replayThread(String thread, String query) throws Exception {
        try (WireResponse replay = client().get("/history/v1/threads/" + thread + "/replay?" + query, caller)) {
            String body = new String(replay.whole(), StandardCharsets.UTF_8);
            assertEquals(200, replay.status(), body);
            return body;
        }
    }

    @Test
    void playsAThreadFromOneTimeToAnother() throws Exception {
        String thread = "thr-" + UUID.randomUUID();
        String in = "Runtape-Thread-Id: " + thread;
        List<FrameRow> first = table().frames(recordApart(in, "data: 1\n\n", "data: 2\n\n"));
        String second = recordApart(in, "data: 3\n\n", "data: 4\n\n");
        List<FrameRow> frames = table().frames(second);
        long end = first.get(1).offsetMicros();
        long begin = end + 10_000_000;
        String ofTwo = at(end);
        String ofThree = at(begin + frames.get(0).offsetMicros());
        String ofFour = at(begin + frames.get(1).offsetMicros());
        String between = at(end + 5_000_000);
        String pace = "speed=max&runGap=PT10S&";

        assertEquals("data: 2\n\ndata: 3\n\ndata: 4\n\n", replayThread(thread, pace + "from=%2B" + ofTwo));
        assertEquals("data: 3\n\ndata: 4\n\n", replayThread(thread, pace + "from=" + ofThree));
        assertEquals("data: 4\n\n", replayThread(thread, pace + "from=" + ofFour));
        assertEquals("data: 3\n\ndata: 4\n\n", replayThread(thread, pace + "from=" + between));
        assertEquals("data: 1\n\ndata: 2\n\ndata: 3\n\n", replayThread(thread, pace + "to=+" + ofThree));
        assertEquals("data: 1\n\ndata: 2\n\n", replayThread(thread, pace + "to=" + between));
        assertEquals("data: 2\n\ndata: 3\n\n", replayThread(thread, pace + "from=" + ofTwo + "&to=" + ofThree));
        assertEquals("", replayThread(thread, pace + "from=" + between + "&to=" + at(end + 6_000_000)));
        assertEquals("data: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\n", replayThread(thread, pace + "to=100h"));
        long two = 2L << 32;
        assertEquals("data: 2\n\ndata: 3\n\n", replayThread(thread, pace + "from=" + ofTwo + "&to=" + (two + 1)));
        assertEquals("data: 3\n\n", replayThread(thread, pace + "from=" + two + "&to=" + ofThree));
        assertEquals(
                "data: 4\nid: " + (two + 2) + "\n\n" + end(second, two + 2, 2, "completed", null),
                replayThread(thread, pace + "ids=true&from=" + ofTwo + "&after=" + (two + 1)));
        assertEquals(
                "data: 4\n\n",
                replayThread(
                        thread,
                        "speed=max&runGap=PT0S&maxGap=PT0S&from="
                                + at(end + frames.get(1).offsetMicros())));
        String replay = "/threads/" + thread + "/replay?" + pace;
        assertRefused(replay + "from=" + at(begin + frames.get(1).offsetMicros() + 1), 400, "invalid_request");
        assertRefused(replay + "from=2s&to=1s", 400, "invalid_request");
        assertRefused("/threads/none/replay?from=1s", 404, "not_found");
    }

    @Test
    void doesNotWaitForWhatLiesBeforeTheTime() throws Exception {
        String thread = "thr-" + UUID.randomUUID();
        String in = "Runtape-Thread-Id: " + thread;
        String first = record(Script.stream("data: 1\n\n"), in);
        String second = recordApart(in, "data: 2\n\n", "data: 3\n\n");
        long begin = table().frames(first).get(0).offsetMicros()
                + Duration.ofHours(1).toNanos() / 1000;
        List<FrameRow> frames = table().frames(second);
        long pause = pauseMicros(frames) - 1;

        long asked = System.nanoTime();
        assertEquals(
                "data: 3\n\n",
                replayThread(
                        thread, "runGap=PT1H&from=" + at(begin + frames.get(0).offsetMicros() + 1)));
        assertTrue(System.nanoTime() - asked >= pause * 1000, "it did not wait");
    }

    @Test
    void refusesWhatCannotBeReplayed() throws Exception {
        String run = record(Script.stream("data: 1\n\n"));
        String thread = table().run(run).threadId();
        for (String bad : List.of(
                "speed=0",
                "speed=101",
                "speed=x",
                "speed=0x1p3",
                "speed=1d",
                "speed=%201",
                "speed=1e1",
                "speed=NaN",
                "ids=1",
                "from=-1",
                "to=x",
                "maxGap=1s",
                "maxGap=PT2H",
                "after=x")) {
            assertRefused("/runs/" + run + "/replay?" + bad, 400, "invalid_request");
        }
        assertRefused("/threads/" + thread + "/replay?runGap=1s", 400, "invalid_request");
        assertRefused("/runs/none/replay", 404, "not_found");
        assertRefused("/threads/none/replay", 404, "not_found");
    }

    private void assertRefused(String target, int status, String code) throws Exception {
        try (WireResponse response = client().get("/history/v1" + target, caller)) {
            assertEquals(status, response.status(), target);
            assertTrue(new String(response.whole(), StandardCharsets.UTF_8).contains("\"" + code + "\""), target);
        }
    }
}
