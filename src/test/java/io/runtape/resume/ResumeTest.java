package io.runtape.resume;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of agent APIs resume by their own calls, and the agent API need not know how. */
abstract class ResumeTest extends RecordedHistory {

    /** An id that the agent API gives the run. */
    private final String id = "resp_" + UUID.randomUUID();

    private static final String CREATED = "event: response.created\ndata: {\"type\":\"response.created\","
            + "\"sequence_number\":0,\"response\":{\"id\":\"r\",\"status\":\"in_progress\"}}\n\n";
    private static final String ONE = delta(1);
    private static final String PING = ": ping\n\n";
    private static final String TWO = delta(2);
    private static final String COMPLETED = "event: response.completed\ndata: {\"type\":\"response.completed\","
            + "\"sequence_number\":3,\"response\":{\"id\":\"r\",\"status\":\"completed\"}}\n\n";

    private static final String SAID = "data: {\"type\":\"finish\"}\n\n";

    private static String delta(int number) {
        return "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":"
                + number + ",\"output_index\":0,\"content_index\":0,\"delta\":\"" + number + "\"}\n\n";
    }

    private void recorded(String target, String... chunks) throws Exception {
        record(target, "{\"stream\":true}", exchange -> {
            exchange.streamHead("X-Run-ID: " + id);
            exchange.chunk(String.join("", chunks));
            exchange.end();
        });
    }

    private WireResponse resume(String target, String... headerLines) throws Exception {
        Scripted elsewhere = upstream.on(Script.json(404, "{\"upstream\":true}"));
        String[] lines = new String[headerLines.length + 2];
        lines[0] = "X-API-Key: " + key;
        lines[1] = elsewhere.header();
        System.arraycopy(headerLines, 0, lines, 2, headerLines.length);
        return client().get(target, lines);
    }

    private static String body(WireResponse response) throws Exception {
        return new String(response.whole(), UTF_8);
    }

    @Test
    void givesTheEventsAfterANumber() throws Exception {
        recorded("/openai/v1/responses", CREATED, ONE, PING, TWO, COMPLETED);

        WireResponse response = resume("/openai/v1/responses/" + id + "?stream=true&starting_after=1");

        assertEquals(PING + TWO + COMPLETED, body(response));
        assertEquals(200, response.status());
        assertTrue(response.header("Content-Type").startsWith("text/event-stream"));
        assertEquals(
                CREATED + ONE + PING + TWO + COMPLETED, body(resume("/openai/v1/responses/" + id + "?stream=true")));
        assertEquals("", body(resume("/openai/v1/responses/" + id + "?stream=true&starting_after=3")));
    }

    /** Its first half had waited for too long, or it is longer than a frame; the number is in any of its parts. */
    @ParameterizedTest
    @ValueSource(ints = {1, 1_200_000})
    void findsTheNumberOfAnEventThatCameInParts(int length) throws Exception {
        String event =
                "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":2,"
                        + "\"delta\":\"" + "x".repeat(length);
        String rest = "\"}\n\n";
        CountDownLatch half = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead("X-Run-ID: " + id);
            exchange.chunk(CREATED + ONE + event);
            assertTrue(half.await(30, TimeUnit.SECONDS));
            exchange.chunk(rest + COMPLETED);
            exchange.end();
        });
        try (WireResponse live =
                client().post("/openai/v1/responses", "{\"stream\":true}", script.header(), "X-API-Key: " + key)) {
            live.readUpTo((CREATED + ONE + event).length());
            half.countDown();
            live.whole();
        }

        String after = "/openai/v1/responses/" + id + "?stream=true&starting_after=";
        assertEquals(event + rest + COMPLETED, body(resume(after + 1)));
        assertEquals(COMPLETED, body(resume(after + 2)));
    }

    /** Python writes a truth value with a capital. */
    @ParameterizedTest
    @ValueSource(strings = {"TRUE", "True"})
    void readsATruthValueInAnyCase(String value) throws Exception {
        recorded("/openai/v1/responses", CREATED, ONE, COMPLETED);

        assertEquals(CREATED + ONE + COMPLETED, body(resume("/openai/v1/responses/" + id + "?stream=" + value)));
    }

    @ParameterizedTest
    @CsvSource({"1, 4, 6", "4, 5, 6", "5, 5, 6"})
    void findsANumberAmongOthersThanItsOwn(int first, int second, int third) throws Exception {
        recorded("/openai/v1/responses", PING, delta(first), PING, delta(second), delta(third));

        String came = body(resume("/openai/v1/responses/" + id + "?stream=true&starting_after=" + first));

        String expected = first == second ? delta(third) : PING + delta(second) + delta(third);
        assertEquals(expected, came);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void knowsTheSentinelThatEndsAStream(int number) throws Exception {
        String done = "data: [DONE]\n\n";
        recorded("/openai/v1/responses", CREATED, ONE, TWO, COMPLETED, done);

        List<String> numbered = List.of(CREATED, ONE, TWO, COMPLETED);
        assertEquals(
                String.join("", numbered.subList(number + 1, 4)) + done,
                body(resume("/openai/v1/responses/" + id + "?stream=true&starting_after=" + number)));
    }

    /** Of imitations, not all events have a number: what lies before a number cannot be told. */
    @Test
    void leavesItToTheAgentApiWhereAnEventHasNoNumber() throws Exception {
        String unnumbered = delta(9).replace("\"sequence_number\":9,", "");
        recorded("/openai/v1/responses", CREATED, ONE, unnumbered, TWO, COMPLETED);

        assertEquals(
                "{\"upstream\":true}", body(resume("/openai/v1/responses/" + id + "?stream=true&starting_after=0")));
    }

    /** It was cancelled, or failed with an error alone; the agent API says so. */
    @Test
    void leavesAResponseToTheAgentApiWhoseStreamDidNotSayHowItEnded() throws Exception {
        recorded(
                "/openai/v1/responses",
                CREATED,
                ONE,
                "event: error\ndata: {\"type\":\"error\",\"sequence_number\":2,\"code\":\"x\",\"message\":\"no\"}\n\n");

        assertEquals("{\"upstream\":true}", body(resume("/openai/v1/responses/" + id)));
    }

    @Test
    void givesTheResponseAsItStands() throws Exception {
        recorded("/openai/v1/responses", CREATED, ONE, COMPLETED);

        WireResponse response = resume("/openai/v1/responses/" + id);

        assertEquals("{\"id\":\"r\",\"status\":\"completed\"}", body(response));
        assertEquals("application/json", response.header("Content-Type"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/openai/v1/responses/%s?include=x",
                "/openai/v1/responses/%s?stream=1",
                "/openai/v1/responses/%s?stream=yes",
                "/openai/v1/responses/%s?stream=true&starting_after=x",
                "/openai/v1/responses/%s/input_items",
                "/openai/v1/responses/another?stream=true",
                "/azure/openai/v1/responses/%s?stream=true",
                "/v1/responses/%s?stream=true",
                "/langgraph/threads/t/runs/another/stream",
                "/aisdk/api/chat/another/stream"
            })
    void leavesOtherCallsToTheAgentApi(String target) throws Exception {
        recorded("/openai/v1/responses", CREATED, ONE, COMPLETED);

        assertEquals("{\"upstream\":true}", body(resume(target.formatted(id))));
    }

    /** A body that nobody reads must not be in the way of the next call; one is larger than any buffer on its way. */
    @ParameterizedTest
    @CsvSource({
        "/openai/v1/responses/%s, 9",
        "/openai/v1/responses/%s, 9000000",
        "/openai/v1/responses/%s?stream=true, 9000000"
    })
    void takesTheNextCallOnTheSameConnectionAfterABody(String target, int length) throws Exception {
        recorded("/openai/v1/responses", CREATED, COMPLETED);
        String next =
                "GET /openai/v1/responses/" + id + "?stream=true HTTP/1.1\r\nHost: x\r\nX-API-Key: " + key + "\r\n\r\n";

        WireResponse first = client().send("GET", target.formatted(id), new byte[length], "X-API-Key: " + key);
        WireResponse second = first.andThen(next.getBytes(UTF_8));

        assertEquals(200, first.status());
        assertEquals(CREATED + COMPLETED, body(second));
    }

    @Test
    void leavesAnotherCallersRunToTheAgentApi() throws Exception {
        recorded("/openai/v1/responses", CREATED, ONE, COMPLETED);
        Scripted elsewhere = upstream.on(Script.json(404, "{\"upstream\":true}"));

        WireResponse response =
                client().get("/openai/v1/responses/" + id + "?stream=true", elsewhere.header(), "X-API-Key: another");

        assertEquals("{\"upstream\":true}", body(response));
    }

    @Test
    void givesTheFramesAfterAnId() throws Exception {
        String one = "id: 17-0\nevent: metadata\ndata: {\"run_id\":\"x\"}\n\n";
        String two = "id: 17-1\nevent: values\ndata: {}\n\n";
        String three = "id: 17-2\nevent: values\ndata: {\"a\":1}\n\n";
        recorded("/langgraph/threads/" + thread + "/runs/stream", one, two, three);
        String target = "/langgraph/threads/" + thread + "/runs/" + id + "/stream";

        assertEquals(two + three, body(resume(target, "Last-Event-ID: 17-0")));
        assertEquals(one + two + three, body(resume(target, "Last-Event-ID: -1")));
        assertEquals(one + two + three, body(resume(target)));
        WireResponse atTheEnd = resume(target, "Last-Event-ID: 17-2");
        assertEquals("", body(atTheEnd));
        assertEquals(200, atTheEnd.status());
        assertEquals("{\"upstream\":true}", body(resume(target, "Last-Event-ID: 99-9")));
    }

    /** The agent API may go on with a response in the background, whose connection broke. */
    @Test
    void leavesTheRestOfAResponseThatBrokeOffToTheAgentApi() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        Scripted breaks = upstream.on(exchange -> {
            exchange.streamHead("X-Run-ID: " + id);
            exchange.chunk(CREATED + ONE + PING);
            assertTrue(seen.await(30, TimeUnit.SECONDS));
            exchange.reset();
        });
        String body = "{\"stream\":true,\"background\":true}";
        try (WireResponse broken = client().post("/openai/v1/responses", body, breaks.header(), "X-API-Key: " + key)) {
            broken.readUpTo((CREATED + ONE + PING).length());
            seen.countDown();
            // On H2 its row says that the run has ended a moment before the gateway does.
            broken.readAll();
            assertEquals(
                    "failed/upstream_closed",
                    table().ended(broken.header("Runtape-Run-Id")).outcome());
        }

        WireResponse rest = resume("/openai/v1/responses/" + id + "?stream=true&starting_after=0");
        assertTrue(new String(rest.readUpTo(ONE.length()), UTF_8).startsWith(ONE));
        assertEquals(
                "{\"upstream\":true}", body(resume("/openai/v1/responses/" + id + "?stream=true&starting_after=1")));
        assertEquals("{\"upstream\":true}", body(resume("/openai/v1/responses/" + id)));
    }

    @Test
    void followsALiveRun() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead("X-Run-ID: " + id);
            exchange.chunk(CREATED + ONE);
            assertTrue(seen.await(30, TimeUnit.SECONDS));
            exchange.chunk(TWO + COMPLETED);
            exchange.end();
        });
        try (WireResponse first =
                client().post("/openai/v1/responses", "{\"stream\":true}", script.header(), "X-API-Key: " + key)) {
            first.readUpTo((CREATED + ONE).length());

            WireResponse again = resume("/openai/v1/responses/" + id + "?stream=true&starting_after=0");

            assertEquals(ONE, new String(again.readUpTo(ONE.length()), UTF_8));
            seen.countDown();
            assertEquals(ONE + TWO + COMPLETED, body(again));
        }
    }

    private WireResponse chat(Scripted script) throws Exception {
        return client().post(
                        "/aisdk/api/chat",
                        "{\"id\":\"" + thread + "\"}",
                        script.header(),
                        "X-API-Key: " + key,
                        "Runtape-Thread-Id: " + thread);
    }

    @Test
    void givesTheLiveRunOfAChatFromItsBeginning() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        String start = "data: {\"type\":\"start\",\"messageId\":\"m\"}\n\n";
        String end = "data: {\"type\":\"finish\"}\n\ndata: [DONE]\n\n";
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead();
            exchange.chunk(start);
            assertTrue(seen.await(30, TimeUnit.SECONDS));
            exchange.chunk(end);
            exchange.end();
        });
        String target = "/aisdk/api/chat/" + thread + "/stream";
        try (WireResponse first = chat(script)) {
            first.readUpTo(start.length());

            WireResponse again = resume(target);

            assertEquals(start, new String(again.readUpTo(start.length()), UTF_8));
            seen.countDown();
            assertEquals(start + end, body(again));
            first.readAll();
            table().ended(first.header("Runtape-Run-Id"));
        }
        assertEquals(204, resume(target).status());
    }

    /** A chat that waits for an agent API has a live run. A run without a stream is none, once that is known. */
    @ParameterizedTest
    @CsvSource({"stream, 200", "refusal, 204", "document, 204", "nothing, 204"})
    void waitsForTheHeadOfTheLiveRunOfAChat(String answer, int status) throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            assertTrue(asked.await(30, TimeUnit.SECONDS));
            switch (answer) {
                case "stream" -> Script.stream(SAID).answer(exchange);
                case "refusal" -> Script.json(500, "{\"error\":\"no\"}").answer(exchange);
                case "document" -> Script.json(200, "{\"text\":\"no\"}").answer(exchange);
                default -> exchange.reset();
            }
        });
        try (WireResponse first = chat(script)) {
            script.call();
            WireResponse waits = resume("/aisdk/api/chat/" + thread + "/stream");
            assertTrue(waits.isSilentFor(Duration.ofMillis(500)), waits::text);
            asked.countDown();

            assertEquals(status == 200 ? SAID : "", body(waits));
            assertEquals(status, waits.status());
            first.readAll();
        }
    }

    private static String values(String state) {
        return "event: values\ndata: " + state + "\n\n";
    }

    private String runs() {
        return "/langgraph/threads/" + thread + "/runs";
    }

    @Test
    void givesTheLastStateOfARun() throws Exception {
        String ofSubgraph = "event: values|sub:1\ndata: {\"a\":9}\n\n";
        recorded(runs() + "/stream", values("{\"a\":1}"), values("{\"a\": [1.10, null]}"), ofSubgraph);

        WireResponse response = resume(runs() + "/" + id + "/join?cancel_on_disconnect=0");

        assertEquals("{\"a\": [1.10, null]}", body(response));
        assertEquals(200, response.status());
        assertEquals("application/json", response.header("Content-Type"));
    }

    @Test
    void givesTheErrorOfARunThatFailedInThePlaceOfItsState() throws Exception {
        String error = "{\"error\":\"ValueError\",\"message\":\"no\"}";
        recorded(runs() + "/stream", values("{\"a\":1}"), "event: error\ndata: " + error + "\n\n");

        assertEquals("{\"__error__\":" + error + "}", body(resume(runs() + "/" + id + "/join")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "event: updates\ndata: {}\n\n",
                "event: values|sub:1\ndata: {}\n\n",
                "event: values\ndata: no JSON\n\n",
                "event: values\n\n"
            })
    void leavesAStateThatWasNotStreamedToTheAgentApi(String event) throws Exception {
        recorded(runs() + "/stream", event);

        assertEquals("{\"upstream\":true}", body(resume(runs() + "/" + id + "/join")));
    }

    @Test
    void leavesALongStateToTheAgentApi() throws Exception {
        recorded(runs() + "/stream", values("\"" + "x".repeat(64 << 10) + "\""));

        assertEquals("{\"upstream\":true}", body(resume(runs() + "/" + id + "/join")));
    }

    /** With the call, the run would have to end. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "join?cancel_on_disconnect=1",
                "stream?cancel_on_disconnect=1",
                "stream?cancel_on_disconnect=true"
            })
    void leavesAWaitThatCancelsToTheAgentApi(String call) throws Exception {
        recorded(runs() + "/stream", values("{}"));

        assertEquals("{\"upstream\":true}", body(resume(runs() + "/" + id + "/" + call)));
    }

    @ParameterizedTest
    @CsvSource({"true, {\"a\":2}", "false, {\"upstream\":true}"})
    void waitsForTheEndOfALiveRun(boolean inGoodOrder, String expected) throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead("X-Run-ID: " + id);
            exchange.chunk(values("{\"a\":1}"));
            assertTrue(asked.await(30, TimeUnit.SECONDS));
            exchange.chunk(values("{\"a\":2}"));
            if (inGoodOrder) {
                exchange.end();
            } else {
                exchange.reset();
            }
        });
        try (WireResponse first = client().post(runs() + "/stream", "{}", script.header(), "X-API-Key: " + key)) {
            first.readUpTo(values("{\"a\":1}").length());
            WireResponse waits = resume(runs() + "/" + id + "/join");
            assertTrue(waits.isSilentFor(Duration.ofMillis(500)), waits::text);
            asked.countDown();

            assertEquals(expected, body(waits));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/join", "/stream"})
    void leavesARunOfAnotherThreadToTheAgentApi(String call) throws Exception {
        recorded(runs() + "/stream", values("{}"));

        assertEquals("{\"upstream\":true}", body(resume("/langgraph/threads/another/runs/" + id + call)));
    }

    /** The client of the agent API knows the thread by the path of its call. */
    @Test
    void findsTheThreadOfThePathUnderAnotherNameOfTheCallers() throws Exception {
        record(runs() + "/stream", "{}", Script.stream(values("{}")), "Runtape-Thread-Id: mine", "X-Nothing: 1");
        String run = json("/runs?threadId=mine").getString("data[0].id");

        assertEquals("{}", body(resume(runs() + "/" + run + "/join")));
        assertEquals("{\"upstream\":true}", body(resume("/langgraph/threads/mine/runs/" + run + "/join")));
    }

    @Test
    void givesTheFramesOfARunWithoutAThread() throws Exception {
        recorded("/langgraph/runs/stream", values("{}"));

        assertEquals(values("{}"), body(resume("/langgraph/runs/" + id + "/stream")));
    }
}
