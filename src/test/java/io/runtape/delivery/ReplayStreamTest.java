package io.runtape.delivery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.RunTable.FrameRow;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Replays: the recorded bytes with their original pauses. */
abstract class ReplayStreamTest extends RunningGateway {

    private final String key = "X-API-Key: replay-" + UUID.randomUUID();

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
        String thread = headers.length == 0 ? "X-None: 1" : headers[0];
        try (WireResponse response =
                client().post("/v1/run", "{}", upstream.on(script).header(), key, thread)) {
            response.whole();
            String run = response.header("Runtape-Run-Id");
            table().ended(run);
            return run;
        }
    }

    @Test
    void sendsTheRecordedBytesNoFasterThanTheyCame() throws Exception {
        String run = record(paced(Duration.ofMillis(60), "data: 1\n\n", ": 2\r\n\r\n", "data: 3\n\n", "tail"));

        long asked = System.nanoTime();
        try (WireResponse replay = client().get("/history/v1/runs/" + run + "/replay", key)) {
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
        String run = record(paced(Duration.ofMillis(5), "data: 1\n\n", "data: 2\n\n"));

        try (WireResponse replay = client().get("/history/v1/runs/" + run + "/replay?speed=max", key)) {
            assertArrayEquals(table().bytes(run), replay.whole());
        }
    }

    @Test
    void putsSequencesInWhenAskedForIds() throws Exception {
        String run = record(Script.stream("data: 1\n\n", ": c\n\n", "id: 77\ndata: 2\n\n"));

        try (WireResponse replay = client().get("/history/v1/runs/" + run + "/replay?speed=max&ids=true", key)) {
            assertEquals(
                    "data: 1\nid: 1\n\n: c\n\nid: 77\ndata: 2\nid: 3\n\n",
                    new String(replay.whole(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void replaysAThreadWithAGapBetweenItsRuns() throws Exception {
        String thread = "thr-" + UUID.randomUUID();
        String first = record(Script.stream("data: 1\n\n"), "Runtape-Thread-Id: " + thread);
        String second = record(Script.stream("data: 2\n\n"), "Runtape-Thread-Id: " + thread);

        try (WireResponse replay =
                client().get("/history/v1/threads/" + thread + "/replay?speed=100&runGap=PT0.2S&ids=true", key)) {
            assertEquals(
                    "data: 1\nid: " + ((1L << 32) + 1) + "\n\ndata: 2\nid: " + ((2L << 32) + 1) + "\n\n",
                    new String(replay.whole(), StandardCharsets.UTF_8));
            long gap = replay.arrivals().get(1).atNanos()
                    - replay.arrivals().get(0).atNanos();
            assertTrue(gap >= Duration.ofMillis(190).toNanos(), first + " and " + second + " follow too soon");
        }
    }

    @Test
    void refusesWhatCannotBeReplayed() throws Exception {
        CountDownLatch hold = new CountDownLatch(1);
        Script script = exchange -> {
            exchange.streamHead().chunk("data: 1\n\n");
            assertTrue(hold.await(20, TimeUnit.SECONDS));
            exchange.end();
        };
        try (WireResponse live =
                client().post("/v1/run", "{}", upstream.on(script).header(), key)) {
            String run = live.header("Runtape-Run-Id");
            String thread = live.header("Runtape-Thread-Id");
            assertRefused("/runs/" + run + "/replay", 409, "run_active");
            assertRefused("/threads/" + thread + "/replay", 409, "run_active");
            hold.countDown();
            live.whole();
            table().ended(run);
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
                    "from=1",
                    "to=2",
                    "maxGap=PT1S")) {
                assertRefused("/runs/" + run + "/replay?" + bad, 400, "invalid_request");
            }
            assertRefused("/threads/" + thread + "/replay?runGap=1s", 400, "invalid_request");
            assertRefused("/runs/none/replay", 404, "not_found");
        }
    }

    private void assertRefused(String target, int status, String code) throws Exception {
        try (WireResponse response = client().get("/history/v1" + target, key)) {
            assertEquals(status, response.status(), target);
            assertTrue(new String(response.whole(), StandardCharsets.UTF_8).contains("\"" + code + "\""), target);
        }
    }
}
