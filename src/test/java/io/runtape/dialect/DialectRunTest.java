package io.runtape.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each case of the dialects as a recorded run: the bytes pass as they are, and the history shows what they mean. */
abstract class DialectRunTest extends RecordedHistory {

    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @MethodSource("io.runtape.dialect.DialectCase#all")
    void showsWhatTheEventsMean(DialectCase of) throws Exception {
        String came = of.stream() ? of.came() : of.came().strip();
        Scripted script = upstream.on(of.stream() ? Script.stream(came) : Script.json(200, came));

        WireResponse response =
                client().post("/v1/recorded", "{\"stream\":true}", script.header(), "X-API-Key: " + key);
        String passed = new String(response.whole(), UTF_8);
        String id = response.header("Runtape-Run-Id");
        awaitEnd(key, id);

        assertEquals(came, passed);
        JsonNode run = data("/runs/" + id);
        JsonNode expected = of.expected();
        assertEquals(status(of), run.path("status").asText());
        for (String member : new String[] {"finishReason", "model", "upstreamRunId", "result", "error"}) {
            assertEquals(expected.path(member), run.path(member), member);
        }
        assertEquals(of.usageOf(run.path("status").asText()), run.path("usage"));
        JsonNode messages = data("/runs/" + id + "/transcript").path("messages");
        ArrayNode spoken = JSON.createArrayNode();
        messages.forEach(message ->
                spoken.addObject().<ObjectNode>set("role", message.path("role")).set("parts", message.path("parts")));
        assertEquals(expected.path("transcript"), spoken);
    }

    /** What a run cost is known even if its client is long gone when the agent API tells it. */
    @Test
    void readsTheUsageThatComesAfterTheClientHasLeft() throws Exception {
        String first = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n";
        String body = "{ \"stream\" : true, \"messages\":[] }";
        CountDownLatch left = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk(first);
            assertTrue(left.await(30, TimeUnit.SECONDS));
            exchange.chunk("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
            exchange.chunk("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n");
            exchange.end();
        });

        String id;
        try (WireResponse response = client().post("/v1/recorded", body, script.header(), "X-API-Key: " + key)) {
            response.readUpTo(first.length());
            id = response.header("Runtape-Run-Id");
        }
        left.countDown();
        awaitEnd(key, id);

        JsonNode run = data("/runs/" + id);
        assertEquals("completed", run.path("status").asText());
        assertEquals(3, run.at("/usage/inputTokens").asInt());
        // Nothing asks for the usage behind the caller's back.
        assertEquals(body, new String(script.call().body(), UTF_8));
    }

    /** A stream that ends without the end that its dialect has broke off. */
    private static String status(DialectCase of) {
        String verdict = of.expected().path("verdict").asText();
        boolean brokeOff = of.stream() && !of.expected().path("dialect").isNull();
        return !verdict.equals("null") ? verdict : brokeOff ? "failed" : "completed";
    }

    private JsonNode data(String target) throws Exception {
        return JSON.readTree(history().get(target).asString()).path("data");
    }
}
