package io.runtape.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.runtape.dialect.DialectCase;
import io.runtape.history.RecordedHistory;

/** What the history says of the runs of a client. */
abstract class ClientHistory extends RecordedHistory {

    private static final ObjectMapper JSON = new ObjectMapper();

    private JsonNode read(String credential, String target) throws Exception {
        return JSON.readTree(historyOf(credential).get(target).asString()).path("data");
    }

    /** The newest run of a caller who has so many, once it has ended. */
    final JsonNode newestOf(String credential, int count) throws Exception {
        JsonNode runs = read(credential, "/runs");
        assertEquals(count, runs.size());
        String id = runs.get(0).path("id").asText();
        awaitEnd(credential, id);
        return read(credential, "/runs/" + id);
    }

    /** Checks that the newest of so many runs of this test's caller is what the case says, in its transcript too. */
    final void assertRan(DialectCase of, int count) throws Exception {
        JsonNode run = newestOf(key, count);
        String status = of.expected().path("verdict").asText();
        assertEquals(status, run.path("status").asText());
        for (String member : new String[] {"finishReason", "model", "result", "error"}) {
            assertEquals(of.expected().path(member), run.path(member), member);
        }
        assertEquals(of.usageOf(status), run.path("usage"));
        assertEquals(JavaCall.PROMPT, run.path("prompt").asText());

        ArrayNode told = JSON.createArrayNode();
        told.add(asked());
        of.expected().path("transcript").forEach(told::add);
        ArrayNode recorded = JSON.createArrayNode();
        for (JsonNode message :
                read(key, "/runs/" + run.path("id").asText() + "/transcript").path("messages")) {
            recorded.add(((ObjectNode) message).retain("role", "parts"));
        }
        assertEquals(told, recorded);
    }

    private static ObjectNode asked() {
        ObjectNode message = JSON.createObjectNode().put("role", "user");
        message.putArray("parts").addObject().put("type", "text").put("text", JavaCall.PROMPT);
        return message;
    }
}
