package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.Exchange;
import io.runtape.testsupport.RunTable.FrameRow;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code Runtape-Keep-Alive}: comments for one client while nothing happens, which nobody else gets and nothing records. Five
 * seconds are the least that a caller may ask for, so the calls of a test wait together.
 */
abstract class KeptAwakeClientTest extends RunningGateway {

    private static final String AWAKE = "Runtape-Keep-Alive: 5";
    private static final String EARLY = "Runtape-Keep-Alive: 5; early";
    private static final String KEEP_ALIVE = ": keep-alive\n\n";
    private static final String ONE = "data: 1\n\n";
    private static final String TWO = "data: 2\n\n";

    private final String key = "X-API-Key: awake-" + UUID.randomUUID();
    private final CountDownLatch enough = new CountDownLatch(1);

    @AfterEach
    void letScriptsEnd() {
        enough.countDown();
    }

    /** Answers when the test says so. */
    private Scripted later(Script script) {
        return upstream.on(exchange -> {
            enough.await();
            script.answer(exchange);
        });
    }

    private static String awaitComment(WireResponse response) throws Exception {
        assertEquals(200, response.status());
        assertEquals("text/event-stream", response.header("Content-Type"));
        return new String(response.readUpTo(KEEP_ALIVE.length()), UTF_8);
    }

    private List<String> frames(String run) throws Exception {
        table().ended(run);
        return table().frames(run).stream()
                .map(FrameRow::bytes)
                .map(bytes -> new String(bytes, UTF_8))
                .toList();
    }

    private static String whole(WireResponse response) throws Exception {
        return new String(response.whole(), UTF_8);
    }

    @Test
    void putsCommentsBetweenTheFramesOfThisClientAlone() throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk(ONE);
            enough.await();
            exchange.chunk(TWO).end();
        });
        String body = "{\"prompt\":\"" + key.hashCode() + "\"}";
        String same = "Idempotency-Key: " + UUID.randomUUID();
        try (WireResponse plain = client().post("/v1/run", body, script.header(), key, same)) {
            plain.readUpTo(ONE.length());
            String run = plain.header("Runtape-Run-Id");
            try (WireResponse repeat = client().post("/v1/run", body, key, same, AWAKE, "Runtape-Event-Ids: true")) {
                String first = "data: 1\nid: 1\n\n" + KEEP_ALIVE;
                assertEquals(first, new String(repeat.readUpTo(first.length()), UTF_8));
                assertEquals("true", repeat.header("Idempotent-Replayed"));
                enough.countDown();

                // Another comment may have come before the rest did.
                String rest = whole(repeat).substring(first.length());
                assertEquals("data: 2\nid: 2\n\n", rest.replace(KEEP_ALIVE, ""));
            }
            assertEquals(ONE + TWO, whole(plain));
            assertEquals(List.of(ONE, TWO), frames(run));
        }
        assertFalse(script.call().head().has("Runtape-Keep-Alive"));
    }

    /** A script that ends within its stream leaves the response incomplete. */
    private static Script brokenOffAfter(String chunk) {
        return exchange -> exchange.streamHead().chunk(chunk);
    }

    @Test
    void endsAStreamThatBrokeOffWithAnEventOfTheDialectForAClientThatAskedForThat() throws Exception {
        String frame = "event: message_start\ndata: {\"type\":\"message_start\"}\n\n";
        Scripted script = upstream.on(brokenOffAfter(frame));
        try (WireResponse response =
                client().post("/anthropic/v1/messages", "{\"stream\":true}", script.header(), key, EARLY)) {
            assertEquals(
                    frame
                            + "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"upstream_closed\",\"message\":"
                            + "\"The response broke off before its end. The history has what came.\"}}\n\n",
                    whole(response));
            assertEquals(List.of(frame), frames(response.header("Runtape-Run-Id")));
        }
    }

    @ParameterizedTest
    @CsvSource({"data: 1~~data: unfin, " + EARLY, "data: 1~~, " + AWAKE})
    void cutsAStreamThatBrokeOffWithinAFrameOrWithoutThatWish(String came, String header) throws Exception {
        String chunk = came.replace('~', '\n');
        Scripted script = upstream.on(brokenOffAfter(chunk));
        try (WireResponse response = client().post("/v1/run", "{}", script.header(), key, header)) {
            assertEquals(chunk, new String(response.readAll(), UTF_8));
            assertNotEquals(WireResponse.End.WHOLE, response.end());
        }
    }

    @Test
    void leavesAResponseThatIsNoStreamAsItIs() throws Exception {
        Scripted script = upstream.on(Script.json(200, "{\"data\":{}}"));
        try (WireResponse response = client().post("/v1/run", "{}", script.header(), key, AWAKE)) {
            assertEquals("{\"data\":{}}", whole(response));
            assertEquals("11", response.header("Content-Length"));
        }
    }

    /** What comes in time passes as it would without the header. */
    @Test
    void passesAFailureThatComesInTimeAsItIs() throws Exception {
        Scripted script = upstream.on(Script.json(429, "{\"error\":\"slow down\"}", "Retry-After: 7"));
        try (WireResponse response = client().post("/v1/run", "{}", script.header(), key, EARLY)) {
            assertEquals(429, response.status());
            assertEquals("7", response.header("Retry-After"));
            assertEquals("{\"error\":\"slow down\"}", whole(response));
        }
    }

    @Test
    void sendsAHeadAndCommentsBeforeTheAgentApiAnswers() throws Exception {
        String same = "Idempotency-Key: " + UUID.randomUUID();
        Scripted streams = later(exchange -> {
            exchange.streamHead("X-Thread-ID: theirs", "X-Late: 1")
                    .chunk("\uFEFF" + ONE)
                    .end();
        });
        Scripted refuses = later(
                Script.json(429, "{\"error\":{\"message\":\"Slow down.\",\"type\":\"rate_limit\"}}", "Retry-After: 7"));
        Scripted answersWhole = later(Script.json(200, "{\"data\":{\"status\":\"completed\"}}"));
        Scripted closes = later(Exchange::reset);
        String body = "{\"threadId\":\"named\",\"prompt\":\"" + same.hashCode() + "\"}";
        try (WireResponse streamed = client().post("/v1/run", body, streams.header(), key, EARLY, same);
                WireResponse refused = client().post("/v1/run", "{}", refuses.header(), key, EARLY);
                WireResponse whole = client().post("/v1/run", "{}", answersWhole.header(), key, EARLY);
                WireResponse closed = client().post("/v1/run", "{}", closes.header(), key, EARLY);
                WireResponse unasked =
                        client().post("/v1/run", "{\"stream\":false}", answersWhole.header(), key, EARLY)) {
            // Its first call has a run as soon as that call is at the agent API.
            streams.call();
            try (WireResponse repeat = client().post("/v1/run", body, key, EARLY, same)) {
                for (WireResponse early : List.of(streamed, refused, whole, closed, repeat)) {
                    assertEquals(KEEP_ALIVE, awaitComment(early));
                    assertTrue(early.header("Runtape-Run-Id").startsWith("run_"));
                    assertEquals("no-cache", early.header("Cache-Control"));
                    assertEquals("no", early.header("X-Accel-Buffering"));
                }
                assertEquals("named", streamed.header("Runtape-Thread-Id"));
                assertEquals("true", repeat.header("Idempotent-Replayed"));
                assertEquals(streamed.header("Runtape-Run-Id"), repeat.header("Runtape-Run-Id"));
                enough.countDown();

                for (WireResponse response : List.of(streamed, repeat)) {
                    assertEquals(ONE, whole(response).replace(KEEP_ALIVE, ""));
                }
            }
            assertFailed(
                    refused,
                    "rate_limit",
                    "The agent API answered with status 429: Slow down.",
                    "failed/upstream_error",
                    "{\"error\":{\"message\":\"Slow down.\",\"type\":\"rate_limit\"}}");
            assertFailed(
                    whole,
                    "upstream_invalid",
                    "The agent API answered with status 200, but not with an event stream that Runtape can read, which"
                            + " Runtape-Keep-Alive: …; early has promised. The history has its response.",
                    "completed",
                    "{\"data\":{\"status\":\"completed\"}}");
            String id = closed.header("Runtape-Run-Id");
            assertTrue(whole(closed).contains("event: error\ndata: {\"code\":\"upstream_unreachable\""), closed.text());
            assertEquals("failed/upstream_closed", table().ended(id).outcome());
            assertEquals("{\"data\":{\"status\":\"completed\"}}", whole(unasked));
            assertEquals("application/json", unasked.header("Content-Type"));
            assertEquals(
                    "theirs", table().ended(streamed.header("Runtape-Run-Id")).threadId());
        }
    }

    /** After a head that says nothing of a compression, compressed bytes would be noise. */
    @Test
    void failsAnEarlyStreamWhoseResponseItCannotDecode() throws Exception {
        String same = "Idempotency-Key: " + UUID.randomUUID();
        Scripted compresses = later(exchange -> {
            exchange.head(200, "Content-Type: text/event-stream", "Content-Encoding: br", "Transfer-Encoding: chunked");
            exchange.chunk("noise").end();
        });
        try (WireResponse first = client().post("/v1/run", "{}", compresses.header(), key, EARLY, same)) {
            compresses.call();
            try (WireResponse repeat = client().post("/v1/run", "{}", key, EARLY, same)) {
                assertEquals(KEEP_ALIVE, awaitComment(first));
                assertEquals(KEEP_ALIVE, awaitComment(repeat));
                enough.countDown();

                for (WireResponse response : List.of(first, repeat)) {
                    String event = whole(response).replace(KEEP_ALIVE, "");
                    assertTrue(event.startsWith("event: error\ndata: {\"code\":\"upstream_invalid\""), event);
                }
            }
        }
    }

    /** The client gets an event that the recording does not have. */
    private void assertFailed(WireResponse response, String code, String message, String outcome, String recorded)
            throws Exception {
        String event = "event: error\ndata: {\"code\":\"" + code + "\",\"message\":\"" + message + "\"}\n\n";
        assertEquals(event, whole(response).replace(KEEP_ALIVE, ""));
        String run = response.header("Runtape-Run-Id");
        assertEquals(outcome, table().ended(run).outcome());
        assertEquals(List.of(recorded), frames(run));
    }
}
