package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.ReceivedCall;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Several agent APIs behind one gateway, each below its prefix. */
abstract class NamedUpstreamTest extends RecordedHistory {

    private static final ObjectMapper JSON = new ObjectMapper();

    private JsonNode recorded(String target, String body, Scripted script) throws Exception {
        WireResponse response = client().post(target, body, script.header(), "X-API-Key: " + key);
        response.whole();
        String id = response.header("Runtape-Run-Id");
        awaitEnd(key, id);
        return JSON.readTree(history().get("/runs/" + id).asString()).path("data");
    }

    @ParameterizedTest
    @CsvSource({
        "openai, /openai/v1/responses?a=b, /v1/responses?a=b, /openai/v1/responses",
        "openai, /%6fpenai/v1/chat/completions, /v1/chat/completions, /openai/v1/chat/completions",
        "azure, /azure/openai/deployments/d-1/chat/completions?api-version=1, "
                + "/openai/deployments/d-1/chat/completions?api-version=1, /azure/openai/deployments/d-1/chat/completions",
        "anthropic, /anthropic/v1/messages, /v1/messages, /anthropic/v1/messages",
        "gemini, /gemini/v1beta/models/g-2.5:streamGenerateContent?alt=sse, "
                + "/v1beta/models/g-2.5:streamGenerateContent?alt=sse, /gemini/v1beta/models/g-2.5:streamGenerateContent",
        "langgraph, /langgraph/threads/t-9/runs/stream, /threads/t-9/runs/stream, /langgraph/threads/t-9/runs/stream",
        "aisdk, /aisdk/api/chat, /api/chat, /aisdk/api/chat",
        "agui, /agui, /, /agui/",
        "agui, /agui/any/agent/, /any/agent/, /agui/any/agent",
        "default, /v1/recorded, /v1/recorded, /v1/recorded"
    })
    void recordsTheCallsOfEachAgentApi(String name, String target, String sent, String path) throws Exception {
        Scripted script = upstream.on(Script.stream("data: {}\n\n"));

        JsonNode run = recorded(target, "{}", script);

        assertEquals(sent, script.call().target());
        assertEquals(name, run.path("upstream").asText());
        assertEquals(path, run.path("path").asText());
    }

    @Test
    void readsFromThePathWhatItNames() throws Exception {
        JsonNode thread = recorded(
                "/langgraph/threads/thread-of-the-path/runs/stream", "{}", upstream.on(Script.stream("data: {}\n\n")));
        JsonNode model =
                recorded("/gemini/v1/models/gemini-9:generateContent", "{}", upstream.on(Script.json(200, "{}")));
        JsonNode agent = recorded(
                "/azure/openai/deployments/my-gpt/chat/completions", "{}", upstream.on(Script.json(200, "{}")));

        assertEquals("thread-of-the-path", thread.path("threadId").asText());
        assertEquals("gemini-9", model.path("model").asText());
        assertEquals("my-gpt", agent.path("agent").asText());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/openai/v1/responses",
                "/openai/v1/chat/completions",
                "/anthropic/v1/messages",
                "/langgraph/runs/wait",
                "/aisdk/api/chat",
                "/agui",
                "/v1/recorded"
            })
    void readsTheRefusalsOfEachAgentApi(String target) throws Exception {
        Scripted script =
                upstream.on(Script.json(429, "{\"error\":{\"type\":\"rate_limit_error\",\"message\":\"Slow down.\"}}"));

        JsonNode run = recorded(target, "{}", script);

        assertEquals("failed", run.path("status").asText());
        assertEquals("upstream_error", run.path("reason").asText());
        assertEquals(
                "{\"code\":\"rate_limit_error\",\"message\":\"Slow down.\"}",
                run.path("error").toString());
        assertTrue(run.path("result").isNull(), run.toString());
        assertTrue(run.path("usage").isNull(), run.toString());
    }

    @ParameterizedTest
    @CsvSource({
        "/openai/v1/models?x=1, /v1/models?x=1",
        "/langgraph/threads/t/state, /threads/t/state",
        "/agui?x, /?x",
        "/any/path, /any/path",
        "/openaix/v1/responses, /openaix/v1/responses",
        "/favicon.ico, /favicon.ico"
    })
    void forwardsAllOtherCalls(String target, String sent) throws Exception {
        Scripted script = upstream.on(Script.json(200, "{\"ok\":1}"));

        WireResponse response = client().get(target, script.header(), "X-API-Key: " + key);

        assertEquals("{\"ok\":1}", new String(response.whole(), UTF_8));
        assertEquals(sent, script.call().target());
        assertNoRun();
    }

    @ParameterizedTest
    @ValueSource(strings = {"api-key", "x-goog-api-key"})
    void takesTheCredentialsOfThePresets(String header) throws Exception {
        Scripted script = upstream.on(Script.json(200, "{}"));
        String credential = header + ": " + key;

        WireResponse response = client().post("/openai/v1/responses", "{}", script.header(), credential);
        response.whole();

        String id = response.header("Runtape-Run-Id");
        awaitEnd(key, id);
        ReceivedCall call = script.call();
        assertEquals(key, call.head().value(header));
        assertEquals(200, client().get("/history/v1/runs/" + id, credential).status());
        assertEquals(
                200, client().get("/history/v1/runs/" + id, "X-API-Key: " + key).status());
        assertEquals(
                404,
                client().get("/history/v1/runs/" + id, header + ": another").status());
    }

    @Test
    void takesLargerBodiesWhereTheAgentApiDoes() throws Exception {
        byte[] body = new byte[17 << 20];
        Arrays.fill(body, (byte) ' ');
        body[0] = '{';
        body[body.length - 1] = '}';
        Scripted script = upstream.on(Script.json(200, "{}"));

        WireResponse large =
                client().send("POST", "/anthropic/v1/messages", body, script.header(), "X-API-Key: " + key);

        assertEquals(200, large.status());
        large.whole();
        assertEquals(body.length, script.call().body().length);
        WireResponse refused = client().sendHead(
                        "POST", "/openai/v1/responses", "Content-Length: " + body.length, "X-API-Key: " + key);
        assertEquals(413, refused.status());
        assertTrue(new String(refused.whole(), UTF_8).contains("RUNTAPE_MAX_BODY"));
    }

    @Test
    void notesTheCancelCallOfEachAgentApi() throws Exception {
        Scripted cancel = upstream.on(Script.json(404, "{}"));

        WireResponse passed = client().post(
                        "/langgraph/threads/t/runs/no-such-run/cancel", "{}", cancel.header(), "X-API-Key: " + key);

        assertEquals(404, passed.status());
        assertEquals("/threads/t/runs/no-such-run/cancel", cancel.call().target());
    }
}
