package io.runtape.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
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
        table().ended(id);

        assertEquals(came, passed);
        JsonNode run = data("/runs/" + id);
        JsonNode expected = of.expected();
        assertEquals(status(of), run.path("status").asText());
        for (String member : new String[] {"finishReason", "model", "upstreamRunId", "usage", "result", "error"}) {
            assertEquals(expected.path(member), run.path(member), member);
        }
        JsonNode messages = data("/runs/" + id + "/transcript").path("messages");
        ArrayNode spoken = JSON.createArrayNode();
        messages.forEach(message ->
                spoken.addObject().<ObjectNode>set("role", message.path("role")).set("parts", message.path("parts")));
        assertEquals(expected.path("transcript"), spoken);
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
