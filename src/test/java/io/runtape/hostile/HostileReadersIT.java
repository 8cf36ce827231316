package io.runtape.hostile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/**
 * Readers that ask for much and take nothing. Another caller's history is asked for meanwhile, over and over, as its live stream
 * goes on.
 */
abstract class HostileReadersIT extends UnderAttack {

    private static final String MALLORY = "X-API-Key: mallory";

    /** The other caller: who has the live stream, too. */
    private static final String BYSTANDER = "X-API-Key: bystander";

    private static final String EVENT_STREAM = "Accept: text/event-stream";

    private static final int TAILS = 1000;
    private static final int LINES = 400;
    private static final int REPLAYS = 500;
    private static final int LONG_TAILS = 60;

    /** Of a run that is longer than what the system keeps of it for a client that does not read. */
    private static final int FRAMES = 100_000;

    private static final int LONG_FRAME = 7 << 20;

    /** A list that is answered within a millisecond may take so long while others attack; the machine may be crowded. */
    private static final Duration LIST_MAX = Duration.ofSeconds(4);

    /** Of so many lists in a hundred that is so: a single one may come while the machine pauses. */
    private static final double NEARLY_ALL = 97;

    /** How many lists tell how long one takes. */
    private static final int LISTS = 40;

    /** The same while nobody attacks, which is only for comparison. */
    private static final int QUIET_LISTS = 10;

    private String longRun;

    @Test
    void aThousandTailsThatNobodyReads() throws Exception {
        attack(TAILS, "/history/v1/runs/" + longRun() + "/events", EVENT_STREAM);
    }

    @Test
    void fourHundredAnswersOfLinesThatNobodyReads() throws Exception {
        attack(LINES, "/history/v1/runs/" + longRun() + "/events", "Accept: application/x-ndjson");
    }

    @Test
    void fourHundredAnswersOfLinesInGzipThatNobodyReads() throws Exception {
        attack(
                LINES,
                "/history/v1/runs/" + longRun() + "/events?include=raw",
                "Accept: application/x-ndjson",
                "Accept-Encoding: gzip");
    }

    @Test
    void fiveHundredReplaysThatNobodyReads() throws Exception {
        attack(REPLAYS, "/history/v1/runs/" + longRun() + "/replay?speed=max", "Accept: */*");
    }

    @Test
    void tailsOfLongFramesThatNobodyReads() throws Exception {
        String frame = "data: " + "z".repeat(LONG_FRAME) + "\n\n";
        String runId = record(Script.stream(frame, frame, frame));

        attack(LONG_TAILS, "/history/v1/runs/" + runId + "/events", EVENT_STREAM);
    }

    private String longRun() throws IOException {
        if (longRun == null) {
            longRun = record(exchange -> {
                exchange.streamHead();
                for (int i = 0; i < FRAMES; ) {
                    StringBuilder chunk = new StringBuilder();
                    for (int n = 0; n < 500; n++) {
                        chunk.append("event: token\ndata: {\"n\":")
                                .append(i++)
                                .append(",\"text\":\"")
                                .append("t".repeat(100))
                                .append("\"}\n\n");
                    }
                    exchange.chunk(chunk.toString());
                }
                exchange.end();
            });
        }
        return longRun;
    }

    private String record(Script script) throws IOException {
        try (WireResponse response =
                client().post("/v1/run", "{}", upstream.on(script).header(), MALLORY)) {
            String runId = response.header("Runtape-Run-Id");
            assertEquals(WireResponse.End.WHOLE, response.passOn(OutputStream.nullOutputStream()));
            return runId;
        }
    }

    /** So many of these requests, none of whose answers is read. */
    private void attack(int requests, String target, String... headers) throws Exception {
        String[] lines = Arrays.copyOf(headers, headers.length + 1);
        lines[headers.length] = MALLORY;
        Histogram quiet = lists(QUIET_LISTS);
        List<WireResponse> unread = new ArrayList<>();
        try {
            Thread attacking = new Thread(
                    () -> {
                        for (int i = 0; i < requests; i++) {
                            try {
                                unread.add(client().get(target, lines));
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        }
                    },
                    "attack");
            attacking.start();
            Histogram attacked = lists(LISTS);
            attacking.join();
            assertEquals(requests, unread.size());
            attacked.add(lists(LISTS));
            System.out.printf(
                    "another caller's list: p50 %.1f ms, at most %.1f ms; while nobody attacks p50 %.1f ms, at most %.1f ms%n",
                    millis(attacked.getValueAtPercentile(50)),
                    millis(attacked.getMaxValue()),
                    millis(quiet.getValueAtPercentile(50)),
                    millis(quiet.getMaxValue()));
            assertTrue(attacked.getValueAtPercentile(NEARLY_ALL) < LIST_MAX.toNanos());
        } finally {
            for (WireResponse response : unread) {
                response.close();
            }
        }
    }

    private Histogram lists(int count) throws IOException {
        Histogram took = new Histogram(TimeUnit.MINUTES.toNanos(10), 3);
        for (int i = 0; i < count; i++) {
            long asked = System.nanoTime();
            try (WireResponse list = client().get("/history/v1/runs", BYSTANDER)) {
                assertEquals(200, list.status());
                assertTrue(new String(list.whole(), UTF_8).contains("\"data\""));
            }
            took.recordValue(System.nanoTime() - asked);
        }
        return took;
    }

    private static double millis(long nanos) {
        return nanos / 1e6;
    }
}
