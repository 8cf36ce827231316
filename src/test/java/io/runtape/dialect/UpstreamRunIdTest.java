package io.runtape.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The agent API's own ids of runs and threads, where its events and the calls of its clients have them. */
abstract class UpstreamRunIdTest extends RecordedHistory {

    private final String theirs = "up_" + UUID.randomUUID();

    private WireResponse call(String body, Scripted script) throws Exception {
        return call("", body, script);
    }

    private WireResponse call(String query, String body, Scripted script) throws Exception {
        return client().post("/v1/recorded" + query, body, "X-API-Key: " + key, script.header());
    }

    private Map<String, Object> run(String id) {
        return json("/runs/" + id).getMap("data");
    }

    /** A client that has seen the id finds the run by it, though the run goes on. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            openai-responses | event: response.created\\ndata: {"type":"response.created","response":{"id":"@","model":"m"}}
            openai-chat      | data: {"id":"@","choices":[{"index":0,"delta":{"content":"Hi"}}]}
            openai-chat      | data: {"id":"","choices":[]}\\n\\ndata: {"id":"@","choices":[{"index":0,"delta":{"content":"Hi"}}]}
            anthropic        | event: message_start\\ndata: {"type":"message_start","message":{"id":"@"}}
            langgraph        | event: metadata\\ndata: {"run_id":"@","attempt":1}
            aisdk            | data: {"type":"start","messageId":"@"}
            agui             | data: {"type":"RUN_STARTED","threadId":"t","runId":"@"}
            """)
    void findsALiveRunByTheIdInItsEvents(String dialect, String events) throws Exception {
        String came = events.replace("\\n", "\n").replace("@", theirs) + "\n\n";
        Scripted script = upstream.on(Script.unended(came));
        try (WireResponse live = call("{}", script)) {
            live.readUpTo(came.length());

            Map<String, Object> run = run(theirs);

            assertEquals(live.header("Runtape-Run-Id"), run.get("id"));
            assertEquals(theirs, run.get("upstreamRunId"));
            assertEquals("running", run.get("status"));
            assertEquals(
                    "cancelled",
                    Json.of(history().post("/runs/" + theirs + "/cancel").asString())
                            .getString("data.status"));
            assertEquals(theirs, run(theirs).get("upstreamRunId"));
        }
    }

    @Test
    void anIdInTheHeadStays() throws Exception {
        String id = record("/v1/recorded", "{}", exchange -> {
            exchange.streamHead("X-Run-ID: " + theirs);
            exchange.chunk("data: {\"id\":\"other\",\"choices\":[]}\n\n");
            exchange.end();
        });

        assertEquals(theirs, run(id).get("upstreamRunId"));
    }

    @Test
    void findsTheNewestOfTheRunsWithOneId() throws Exception {
        String chunk = "data: {\"id\":\"" + theirs + "\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}\n\n";
        record("/v1/recorded", "{}", Script.stream(chunk));
        String second = record("/v1/recorded", "{}", Script.stream(chunk));

        assertEquals(second, run(theirs).get("id"));
    }

    /** Its clients read the ids there. */
    @ParameterizedTest
    @CsvSource({"/threads/@t/runs/@r, true", "https://h.example/x/threads/@t/runs/@r, true", "/runs/@r, false"})
    void readsTheIdsOfALangGraphRunInItsLocation(String location, boolean named) throws Exception {
        String id = record("/v1/recorded", "{}", exchange -> {
            exchange.streamHead(
                    "Content-Location: " + location.replace("@t", thread).replace("@r", theirs));
            exchange.chunk("event: end\ndata: null\n\n");
            exchange.end();
        });

        assertEquals(theirs, run(id).get("upstreamRunId"));
        assertEquals(named, thread.equals(run(id).get("threadId")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"conversation":"@"}
            {"conversation":{"id":"@"}}
            {"threadId":"@","runId":"r"}
            {"id":"@","messages":[],"trigger":"submit-message"}
            """)
    void readsTheThreadInTheBodyOfTheCall(String body) throws Exception {
        String id = record("/v1/recorded", body.replace("@", thread), Script.stream("data: x\n\n"));

        assertEquals(thread, run(id).get("threadId"));
    }

    @Test
    void theIdOfABodyThatIsNoChatIsNoThread() throws Exception {
        String id = record("/v1/recorded", "{\"id\":\"" + thread + "\",\"messages\":[]}", Script.stream("data: x\n\n"));

        assertNotEquals(thread, run(id).get("threadId"));
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void aResponseThatGoesOnFromAnotherIsInItsThread(boolean stream) throws Exception {
        String first = record("/v1/recorded", "{}", response(theirs, stream));
        String body = "{\"previous_response_id\":\"" + theirs + "\",\"input\":\"And?\"}";

        String second = record("/v1/recorded", body, response(theirs + "-2", stream));

        assertEquals(run(first).get("threadId"), run(second).get("threadId"));
        assertEquals(
                2,
                json("/threads/" + run(first).get("threadId") + "/runs")
                        .getList("data")
                        .size());
    }

    @Test
    void theThreadOfACallWinsOverThatOfTheRunBeforeIt() throws Exception {
        record("/v1/recorded", "{}", response(theirs, true));
        String body = "{\"previous_response_id\":\"" + theirs + "\",\"conversation\":\"" + thread + "\"}";

        assertEquals(
                thread, run(record("/v1/recorded", body, response("r", true))).get("threadId"));
    }

    @Test
    void aResponseThatGoesOnFromAnotherOwnersRunBeginsAThread() throws Exception {
        Scripted other = upstream.on(response(theirs, true));
        String id;
        try (WireResponse response = client().post("/v1/recorded", "{}", "X-API-Key: other-" + key, other.header())) {
            response.whole();
            id = response.header("Runtape-Run-Id");
        }
        String body = "{\"previous_response_id\":\"" + theirs + "\"}";

        String mine = record("/v1/recorded", body, response("r", true));

        assertTrue(String.valueOf(run(mine).get("threadId")).startsWith("thr_"));
        assertNull(json("/runs/" + mine).get("data.error"));
        history().get("/runs/" + id).then().statusCode(404);
    }

    private static Script response(String id, boolean stream) {
        String whole = "{\"id\":\"" + id + "\",\"object\":\"response\",\"status\":\"completed\",\"output\":[]}";
        return stream
                ? Script.stream("event: response.completed\ndata: {\"response\":" + whole + "}\n\n")
                : Script.json(200, whole);
    }

    /** With the credential of the call, and the ids from the events. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            event: response.created\\ndata: {"response":{"id":"@"}} | ``             | /v1/responses/@/cancel
            event: response.created\\ndata: {"response":{"id":"@"}} | ?api-version=1 | /v1/responses/@/cancel?api-version=1
            event: metadata\\ndata: {"run_id":"@","attempt":1}      | ``             | /threads/the-thread/runs/@/cancel
            """)
    void cancelsALiveRunByTheCallOfItsDialect(String events, String query, String path) throws Exception {
        String came = events.replace("\\n", "\n").replace("@", theirs) + "\n\n";
        Scripted script = upstream.on(exchange -> {
            if (exchange.call().target().endsWith("/cancel")) {
                exchange.whole(200, "{}".getBytes());
            } else {
                exchange.streamHead("Content-Location: /threads/the-thread/runs/" + theirs)
                        .chunk(came)
                        .awaitPeerGone();
            }
        });
        try (WireResponse live = call(query, "{}", script)) {
            live.readUpTo(came.length());
            script.call();

            history().post("/runs/" + theirs + "/cancel").then().statusCode(200);

            var cancel = script.call();
            assertEquals("POST", cancel.method());
            assertEquals(path.replace("@", theirs), cancel.target());
            assertTrue(cancel.lines().contains("X-API-Key: " + key));
        }
    }

    /** These agent APIs have no such call: closing the connection ends their runs. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            data: {"id":"@","choices":[{"index":0,"delta":{"content":"Hi"}}]}
            event: message_start\\ndata: {"type":"message_start","message":{"id":"@"}}
            """)
    void onlyClosesTheConnectionWhereThereIsNoCancelCall(String events) throws Exception {
        String came = events.replace("\\n", "\n").replace("@", theirs) + "\n\n";
        Scripted script = upstream.on(Script.unended(came));
        try (WireResponse live = call("{}", script)) {
            live.readUpTo(came.length());
            script.call();

            history().post("/runs/" + theirs + "/cancel").then().statusCode(200);

            live.readAll();
            // A cancel call would come before what is sent now.
            try (WireResponse next = client().get("/v1/models", script.header())) {
                assertEquals(200, next.status());
            }
            assertEquals("/v1/models", script.call().target());
            assertTrue(script.isUncalled());
        }
    }
}
