package io.runtape.delivery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.sse.FrameKind;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Tails of runs and threads: recorded first, then live, every frame once. */
abstract class TailStreamTest extends RunningGateway {

    private static final String STREAM = "Accept: text/event-stream";

    private static final Pattern ID = Pattern.compile("^id: (\\d+)\n", Pattern.MULTILINE);

    private final String key = "X-API-Key: tail-" + UUID.randomUUID();

    private static String event(int n) {
        return "event: step\ndata: {\"n\":" + n + "}\n\n";
    }

    private static String tailed(int n, long id) {
        return "event: step\ndata: {\"n\":" + n + "}\nid: " + id + "\n\n";
    }

    /** The ids of whole frames of a tail, in their order. */
    private static List<Long> ids(String tail) {
        return ID.matcher(tail).results().map(id -> Long.parseLong(id.group(1))).toList();
    }

    /** The sequences of the run's events, without those of their parts. */
    private List<Long> recordedEvents(String run) throws Exception {
        List<RunTable.FrameRow> frames = table().frames(run);
        assertTrue(frames.stream().allMatch(row -> row.kind() == FrameKind.EVENT || row.kind() == FrameKind.PART));
        return frames.stream()
                .filter(row -> row.kind() == FrameKind.EVENT)
                .map(RunTable.FrameRow::sequence)
                .toList();
    }

    private static String end(String run, long id, long last) {
        return "event: runtape.end\nid: " + id + "\ndata: {\"runId\":\"" + run
                + "\",\"status\":\"completed\",\"reason\":null,\"lastSequence\":" + last + "}\n\n";
    }

    /** Each frame goes out in pieces, and the socket takes them now at once and now later. */
    @Test
    void bringsAllOfLargeFrames() throws Exception {
        List<String> frames = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            frames.add("data: " + Integer.toString(i).repeat(500_000) + "\n\n");
        }
        String run = record(Script.stream(frames.toArray(String[]::new)));
        byte[] all = String.join("", frames).getBytes(StandardCharsets.UTF_8);
        for (int reader = 0; reader < 20; reader++) {
            try (WireResponse tail = client().get("/history/v1/runs/" + run + "/events?verbatim=true", STREAM, key)) {
                assertArrayEquals(all, tail.whole());
            }
        }
    }

    private String record(Script script, String... headers) throws Exception {
        List<String> lines = new ArrayList<>(List.of(headers));
        lines.add(upstream.on(script).header());
        lines.add(key);
        try (WireResponse response = client().post("/v1/run", "{\"agent\":\"a\"}", lines.toArray(String[]::new))) {
            response.whole();
            String run = response.header("Runtape-Run-Id");
            table().ended(run);
            return run;
        }
    }

    private String tail(String target, String... headers) throws Exception {
        List<String> lines = new ArrayList<>(List.of(headers));
        lines.add(STREAM);
        lines.add(key);
        try (WireResponse response = client().get("/history/v1" + target, lines.toArray(String[]::new))) {
            assertEquals(200, response.status());
            assertEquals("text/event-stream", response.header("Content-Type"));
            return new String(response.whole(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void sendsEveryFrameWithItsSequenceAndThenTheEnd() throws Exception {
        String run = record(Script.stream(event(1), ": beat\n\n", event(2), "data: unfinished"));

        String all = tail("/runs/" + run + "/events");

        assertEquals(tailed(1, 1) + ": beat\nid: 2\n\n" + tailed(2, 3) + end(run, 4, 4), all);
    }

    @Test
    void handsTheAgentApisRetryOn() throws Exception {
        String run = record(Script.stream("retry: 250\n\n", "retry: 500\n" + event(1)));

        assertEquals(
                "retry: 250\nid: 1\n\nretry: 500\n" + tailed(1, 2) + end(run, 2, 2), tail("/runs/" + run + "/events"));
    }

    @Test
    void resumesAfterLastEventIdAndLetsItWinOverAfter() throws Exception {
        String run = record(Script.stream(event(1), event(2), event(3)));

        assertEquals(tailed(3, 3) + end(run, 3, 3), tail("/runs/" + run + "/events?after=0", "Last-Event-ID: 2"));
        assertEquals(tailed(2, 2) + tailed(3, 3) + end(run, 3, 3), tail("/runs/" + run + "/events?after=1"));
    }

    @Test
    void beginsWithTheWholeEventAtAPositionAmidItsParts() throws Exception {
        String thread = "thr-" + UUID.randomUUID();
        String begun = event(1) + "event: step\n";
        CountDownLatch partSeen = new CountDownLatch(1);
        String script = upstream.on(exchange -> {
                    exchange.streamHead().chunk(begun);
                    partSeen.await();
                    exchange.chunk("data: {\"n\":2}\n\n" + event(3)).end();
                })
                .header();
        String run;
        try (WireResponse response = client().post("/v1/run", "{}", "Runtape-Thread-Id: " + thread, script, key)) {
            response.readUpTo(begun.length());
            partSeen.countDown();
            response.whole();
            run = response.header("Runtape-Run-Id");
        }
        table().ended(run);
        String rest = tailed(2, 3) + tailed(3, 4) + end(run, 4, 4);

        assertEquals(rest, tail("/runs/" + run + "/events?after=1"));
        assertEquals(rest, tail("/runs/" + run + "/events?after=2"));
        assertEquals(rest, tail("/runs/" + run + "/events", "Last-Event-ID: 2"));
        long base = 1L << 32;
        String restOfThread = tailed(2, base + 3) + tailed(3, base + 4) + end(run, base + 4, 4);
        try (WireResponse tail =
                client().get("/history/v1/threads/" + thread + "/events?after=" + (base + 2), STREAM, key)) {
            assertEquals(restOfThread, new String(tail.readUpTo(restOfThread.length()), StandardCharsets.UTF_8));
        }
    }

    @Test
    void goesOverFromRecordedToLiveWithoutAGapOrARepeat() throws Exception {
        CountDownLatch halfway = new CountDownLatch(1);
        Script script = exchange -> {
            exchange.streamHead();
            for (int i = 1; i <= 50; i++) {
                exchange.chunk(event(i));
            }
            assertTrue(halfway.await(20, TimeUnit.SECONDS));
            for (int i = 51; i <= 100; i++) {
                exchange.chunk(event(i));
            }
            exchange.end();
        };
        try (WireResponse live =
                client().post("/v1/run", "{}", upstream.on(script).header(), key)) {
            String run = live.header("Runtape-Run-Id");
            live.readUpTo(50 * event(10).length() - 9);
            try (WireResponse tail = client().get("/history/v1/runs/" + run + "/events", STREAM, key)) {
                tail.readUpTo(tailed(1, 1).length());
                halfway.countDown();
                StringBuilder expected = new StringBuilder();
                for (int i = 1; i <= 100; i++) {
                    expected.append(tailed(i, i));
                }
                assertEquals(expected + end(run, 100, 100), new String(tail.whole(), StandardCharsets.UTF_8));
            }
        }
    }

    @Test
    void aReaderThatFallsBehindGetsEveryFrameOnceAndThenFollowsAgain() throws Exception {
        String large = "data: " + "x".repeat(60_000) + "\n\n";
        CountDownLatch caughtUp = new CountDownLatch(1);
        Script script = exchange -> {
            exchange.streamHead();
            for (int i = 0; i < 400; i++) {
                exchange.chunk(large);
            }
            assertTrue(caughtUp.await(60, TimeUnit.SECONDS));
            exchange.chunk("data: last\n\n");
            exchange.end();
        };
        try (WireResponse live =
                client().post("/v1/run", "{}", upstream.on(script).header(), key)) {
            String run = live.header("Runtape-Run-Id");
            try (WireResponse tail = client().get("/history/v1/runs/" + run + "/events", STREAM, key)) {
                tail.status();
                // The run goes on while this reader reads nothing: 24 MB is more than its sockets hold.
                live.readUpTo(400 * large.length());
                tail.readUpTo(400 * (large.length() + "id: 1\n".length()));
                // On a slow machine a frame may come with a pause in it, and then has a part before it, with an id too.
                while (ids(tail.text()).size() < 400 || !tail.text().endsWith("\n\n")) {
                    assertTrue(tail.readMore());
                }
                String all = tail.text();
                assertEquals(recordedEvents(run), ids(all));
                assertArrayEquals(
                        large.repeat(400).getBytes(StandardCharsets.UTF_8),
                        ID.matcher(all).replaceAll("").getBytes(StandardCharsets.UTF_8));
                caughtUp.countDown();
                String rest = new String(tail.whole(), StandardCharsets.UTF_8).substring(all.length());
                long last = ids(all).get(399) + 1;
                assertEquals("data: last\nid: " + last + "\n\n" + end(run, last, last), rest);
            }
        }
    }

    @Test
    void answers204ToAReaderThatHasEverything() throws Exception {
        String run = record(Script.stream(event(1), event(2)));

        try (WireResponse response =
                client().get("/history/v1/runs/" + run + "/events", STREAM, key, "Last-Event-ID: 2")) {
            assertEquals(204, response.status());
        }
        assertTrue(tail("/runs/" + run + "/events").endsWith(end(run, 2, 2)));
    }

    @Test
    void refusesPositionsThatCannotBe() throws Exception {
        String run = record(Script.stream(event(1)));

        assertRefused("/runs/" + run + "/events", "Last-Event-ID: 2", 400, "unknown_sequence");
        assertRefused("/runs/" + run + "/events", "Last-Event-ID: x", 400, "invalid_request");
        assertRefused("/runs/" + run + "/events?after=-1", "X-None: 1", 400, "invalid_request");
        assertRefused("/runs/" + run + "/events?verbatim=maybe", "X-None: 1", 400, "invalid_request");
        assertRefused("/runs/" + run + "/events?limit=3", "X-None: 1", 400, "invalid_request");
        assertRefused("/runs/run_none/events", "X-None: 1", 404, "not_found");
        assertRefused("/threads/thr_none/events", "X-None: 1", 404, "not_found");
    }

    /** A run whose agent API could not be reached ends where it began. */
    @Test
    void tellsTheEndOfARunWithoutFramesOnce() throws Exception {
        String thread = "thr-" + UUID.randomUUID();
        String named = "Runtape-Thread-Id: " + thread;
        String run;
        upstream.refuse();
        try (WireResponse response = client().post("/v1/run", "{\"stream\":true}", key, named)) {
            assertEquals(502, response.status());
            run = response.header("Runtape-Run-Id");
            table().ended(run);
        } finally {
            upstream.acceptAgain();
        }
        long one = 1L << 32;
        long two = 2L << 32;
        String target = "/history/v1/threads/" + thread + "/events";
        String end = "event: runtape.end\nid: " + one + "\ndata: {\"runId\":\"" + run
                + "\",\"status\":\"failed\",\"reason\":\"upstream_unreachable\",\"lastSequence\":0}\n\n";
        try (WireResponse tail = client().get(target, STREAM, key)) {
            assertEquals(end, new String(tail.readUpTo(end.length()), StandardCharsets.UTF_8));
        }
        try (WireResponse back = client().get(target, STREAM, key, "Last-Event-ID: " + one)) {
            assertEquals(200, back.status());
            String next = record(Script.stream(event(1)), named);
            String all = tailed(1, two + 1) + end(next, two + 1, 1);
            assertEquals(all, new String(back.readUpTo(all.length()), StandardCharsets.UTF_8));
        }
    }

    /** The last position of a thread is the last sequence of its last run; that of an earlier run is its own last one. */
    @Test
    void namesTheLastPositionOfAThread() throws Exception {
        String thread = "thr-" + UUID.randomUUID();
        String named = "Runtape-Thread-Id: " + thread;
        record(Script.stream(event(1), event(2)), named);
        record(Script.stream(event(1), event(2), event(3)), named);
        long one = 1L << 32;
        long two = 2L << 32;

        for (long position : List.of(1L, 7L, two + 4, 3L << 32, (9L << 32) + 1, Long.MAX_VALUE)) {
            assertEquals(two + 3, lastPosition(thread, position), "after " + position);
        }
        assertEquals(one + 2, lastPosition(thread, one + 3));
    }

    /** Of a live run it is how far that is; where the last run is gone, its place is all that is known. */
    @Test
    void namesTheLastPositionOfAThreadWhoseLastRunIsLiveOrGone() throws Exception {
        String thread = "thr-" + UUID.randomUUID();
        String named = "Runtape-Thread-Id: " + thread;
        record(Script.stream(event(1)), named);
        CountDownLatch enough = new CountDownLatch(1);
        Script script = exchange -> {
            exchange.streamHead().chunk(event(1)).chunk(event(2));
            enough.await();
            exchange.end();
        };
        String run;
        try (WireResponse live =
                client().post("/v1/run", "{}", upstream.on(script).header(), key, named)) {
            live.readUpTo(2 * event(1).length());
            assertEquals((2L << 32) + 2, lastPosition(thread, 3L << 32));
            run = live.header("Runtape-Run-Id");
            enough.countDown();
            live.whole();
            table().ended(run);
        }
        try (WireResponse deleted = client().send("DELETE", "/history/v1/runs/" + run, new byte[0], key)) {
            assertEquals(204, deleted.status());
        }

        assertEquals(2L << 32, lastPosition(thread, 3L << 32));
    }

    /** The position that the refusal of this one names. */
    private long lastPosition(String thread, long position) throws Exception {
        try (WireResponse response =
                client().get("/history/v1/threads/" + thread + "/events", STREAM, key, "Last-Event-ID: " + position)) {
            String body = new String(response.whole(), StandardCharsets.UTF_8);
            assertEquals(400, response.status(), body);
            assertTrue(body.contains("\"unknown_sequence\""), body);
            return Long.parseLong(
                    body.replaceAll("(?s).*The last one of that run, or else of the thread, is (\\d+)\\..*", "$1"));
        }
    }

    @Test
    void tellsOfTheSameParameterAtEveryGateway() throws Exception {
        String run = record(Script.stream(event(1)));

        try (WireResponse response = client().get(
                        "/history/v1/runs/" + run + "/events?type=a&limit=3&order=asc&kind=b&include=c&cursor=d",
                        STREAM,
                        key)) {
            assertEquals(400, response.status());
            String body = new String(response.whole(), StandardCharsets.UTF_8);
            assertTrue(body.contains("The parameter cursor does not apply to an event stream."), body);
        }
    }

    @Test
    void refusesTwoPositions() throws Exception {
        String run = record(Script.stream(event(1)));

        try (WireResponse response = client().get(
                        "/history/v1/runs/" + run + "/events", STREAM, key, "Last-Event-ID: 0", "Last-Event-ID: 1")) {
            assertEquals(400, response.status());
        }
    }

    private void assertRefused(String target, String header, int status, String code) throws Exception {
        try (WireResponse response = client().get("/history/v1" + target, STREAM, key, header)) {
            assertEquals(status, response.status(), target);
            assertTrue(new String(response.whole(), StandardCharsets.UTF_8).contains("\"" + code + "\""), target);
        }
    }

    @Test
    void showsNobodyAnothersRun() throws Exception {
        String run = record(Script.stream(event(1)), "Runtape-Thread-Id: thr-" + key.hashCode());

        for (String target : List.of(
                "/runs/" + run + "/events",
                "/runs/" + run + "/replay",
                "/threads/thr-" + key.hashCode() + "/events",
                "/threads/thr-" + key.hashCode() + "/replay")) {
            try (WireResponse response = client().get("/history/v1" + target, STREAM, "X-API-Key: another")) {
                assertEquals(404, response.status(), target);
            }
        }
    }

    @Test
    void sendsTheBytesAloneWhenAskedForVerbatim() throws Exception {
        String run = record(Script.stream("\uFEFFdata: 1\r\n\r\n", ": c\n\n", "data: tail"));

        assertEquals("\uFEFFdata: 1\r\n\r\n: c\n\ndata: tail", tail("/runs/" + run + "/events?verbatim=true"));
    }

    /** It may be any that begins so. */
    @Test
    void tellsNoDigestOfARunThatGoesOn() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        Script script = exchange -> {
            exchange.streamHead().chunk(event(1));
            assertTrue(asked.await(20, TimeUnit.SECONDS));
            exchange.end();
        };
        try (WireResponse live =
                client().post("/v1/run", "{}", upstream.on(script).header(), key)) {
            String run = live.header("Runtape-Run-Id");
            String verbatim = "/history/v1/runs/" + run + "/events?verbatim=true";
            try (WireResponse tail = client().get(verbatim, STREAM, key)) {
                assertFalse(tail.head().has("Repr-Digest"));
                asked.countDown();
                assertEquals(event(1), new String(tail.whole(), StandardCharsets.UTF_8));
            }
            table().ended(run);
            try (WireResponse tail = client().get(verbatim, STREAM, key)) {
                assertTrue(tail.head().has("Repr-Digest"));
            }
        }
    }

    @Test
    void leavesOutTheByteOrderMarkThatAReaderInMidstWouldMisread() throws Exception {
        String run = record(Script.stream("\uFEFFdata: 1\n\n"));

        assertEquals("data: 1\nid: 1\n\n" + end(run, 1, 1), tail("/runs/" + run + "/events"));
    }

    /** The places of a new thread begin anew, so that a tail of the old one would miss its first runs. */
    @Test
    void cutsATailOffWhoseThreadIsDeletedAndBeginsAnew() throws Exception {
        String thread = "thr-" + UUID.randomUUID();
        String named = "Runtape-Thread-Id: " + thread;
        String first = record(Script.stream(event(1)), named);
        String second = record(Script.stream(event(2)), named);
        try (WireResponse tail = client().get("/history/v1/threads/" + thread + "/events", STREAM, key)) {
            long one = 1L << 32;
            long two = 2L << 32;
            String recorded =
                    tailed(1, one + 1) + end(first, one + 1, 1) + tailed(2, two + 1) + end(second, two + 1, 1);
            assertEquals(recorded, new String(tail.readUpTo(recorded.length()), StandardCharsets.UTF_8));
            try (WireResponse deleted = client().send("DELETE", "/history/v1/threads/" + thread, new byte[0], key)) {
                assertEquals(204, deleted.status());
            }

            record(Script.stream(event(3)), named);

            assertEquals(recorded, new String(tail.readAll(), StandardCharsets.UTF_8));
            assertEquals(WireResponse.End.CUT, tail.end());
        }
    }

    @Test
    void followsAThreadThroughItsRunsAndWaitsForTheNext() throws Exception {
        String thread = "thr-" + UUID.randomUUID();
        String named = "Runtape-Thread-Id: " + thread;
        String first = record(Script.stream(event(1), event(2)), named);
        try (WireResponse tail = client().get("/history/v1/threads/" + thread + "/events", STREAM, key)) {
            long one = 1L << 32;
            String ofFirst = tailed(1, one + 1) + tailed(2, one + 2) + end(first, one + 2, 2);
            assertEquals(ofFirst, new String(tail.readUpTo(ofFirst.length()), StandardCharsets.UTF_8));

            String second = record(Script.stream(event(3)), named);

            long two = 2L << 32;
            String ofSecond = tailed(3, two + 1) + end(second, two + 1, 1);
            assertEquals(
                    ofFirst + ofSecond,
                    new String(tail.readUpTo(ofFirst.length() + ofSecond.length()), StandardCharsets.UTF_8));
        }
        try (WireResponse resumed = client().get(
                        "/history/v1/threads/" + thread + "/events",
                        STREAM,
                        key,
                        "Last-Event-ID: " + ((1L << 32) + 2))) {
            String expected = tailed(3, (2L << 32) + 1);
            assertEquals(expected, new String(resumed.readUpTo(expected.length()), StandardCharsets.UTF_8));
        }
        assertRefused("/threads/" + thread + "/events", "Last-Event-ID: " + (9L << 32), 400, "unknown_sequence");
    }
}
