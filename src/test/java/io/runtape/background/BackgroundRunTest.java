package io.runtape.background;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A response in the background has its outcome once a later call has brought it. */
abstract class BackgroundRunTest extends RecordedHistory {

    /** The agent API's id of the response. */
    private final String id = "resp_" + UUID.randomUUID();

    private String response(String status, String more) {
        return response(id, status, more);
    }

    private static String response(String id, String status, String more) {
        return "{\"id\":\"" + id + "\",\"object\":\"response\",\"model\":\"gpt-5\",\"status\":\"" + status + "\"" + more
                + "}";
    }

    private static String said(String text) {
        return ",\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"" + text
                + "\"}]}],\"usage\":{\"input_tokens\":3,\"output_tokens\":2}";
    }

    /** Begins a response in the background, and returns the run's id. */
    private String begun(String status) throws Exception {
        return record("/openai/v1/responses", "{\"background\":true}", Script.json(200, response(status, "")));
    }

    /** What the client of a retrieve gets. */
    private String retrieved(String query, Script answer) throws Exception {
        try (WireResponse response = client().get(
                        "/openai/v1/responses/" + id + query,
                        "X-API-Key: " + key,
                        upstream.on(answer).header())) {
            return new String(response.whole(), UTF_8);
        }
    }

    /** The run once its outcome is known. */
    private Json known(String run) {
        return RunTable.await("the outcome of run " + run, () -> {
            Json now = json("/runs/" + run);
            return BackgroundRun.OPEN.contains(String.valueOf(now.getString("data.finishReason"))) ? null : now;
        });
    }

    @ParameterizedTest
    @CsvSource({"queued, ''", "in_progress, ?include[]=reasoning.encrypted_content"})
    void hasTheOutcomeThatALaterCallBrings(String status, String query) throws Exception {
        String run = begun(status);
        Json open = json("/runs/" + run);
        assertEquals("completed", open.getString("data.status"));
        assertEquals(status, open.getString("data.finishReason"));
        assertNull(open.getString("data.result"));
        String completed = response("completed", said("Done."));

        assertEquals(completed, retrieved(query, Script.json(200, completed)));

        Json known = known(run);
        assertEquals("completed", known.getString("data.status"));
        assertEquals("completed", known.getString("data.finishReason"));
        assertEquals("Done.", known.getString("data.result"));
        assertEquals("gpt-5", known.getString("data.model"));
        assertEquals(3, known.getInt("data.usage.inputTokens"));
        assertEquals("upstream", known.getString("data.usage.source"));
        assertNull(known.get("data.error"));
        assertEquals(open.getString("data.completedAt"), known.getString("data.completedAt"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"event: response.completed\n", ""})
    void hasTheOutcomeThatAStreamBrings(String name) throws Exception {
        String run = begun("queued");
        String stream =
                "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"D\"}"
                        + "\n\n" + name + "data: {\"type\":\"response.completed\",\"response\":"
                        + response("completed", said("Done.")) + "}\n\n: bye\n\n";

        assertEquals(stream, retrieved("?stream=true&starting_after=4", Script.stream(stream)));

        Json known = known(run);
        assertEquals("Done.", known.getString("data.result"));
        assertEquals(2, known.getInt("data.usage.outputTokens"));
    }

    /** A client may know where the response ends before the gateway sees its end. */
    @Test
    void hasTheOutcomeThatAClientLeftWith() throws Exception {
        String run = begun("queued");
        String completed = response("completed", said("Done."));
        Script unended = exchange -> {
            exchange.head(200, "Content-Type: application/json", "Transfer-Encoding: chunked");
            exchange.chunk(completed);
            exchange.awaitPeerGone();
        };

        try (WireResponse response = client().get(
                        "/openai/v1/responses/" + id,
                        "X-API-Key: " + key,
                        upstream.on(unended).header())) {
            assertEquals(completed, new String(response.readUpTo(completed.length()), UTF_8));
        }

        assertEquals("Done.", known(run).getString("data.result"));
    }

    /** The clients of agent APIs take compressed responses, and most agent APIs then compress them. */
    @Test
    void hasTheOutcomeForAClientThatTakesCompressedResponses() throws Exception {
        String run = begun("queued");
        String completed = response("completed", said("Done."));
        ScriptedUpstream.Scripted scripted = upstream.on(Script.json(200, completed));

        try (WireResponse response = client().get(
                        "/openai/v1/responses/" + id,
                        "X-API-Key: " + key,
                        "Accept-Encoding: gzip, deflate, br, zstd",
                        scripted.header())) {
            assertEquals(completed, new String(response.whole(), UTF_8));
        }

        assertEquals(List.of(), scripted.call().head().values("Accept-Encoding"));
        assertEquals("Done.", known(run).getString("data.result"));
    }

    @Test
    void failsWithTheResponse() throws Exception {
        String run = begun("queued");
        String error = ",\"error\":{\"code\":\"server_error\",\"message\":\"no\"}";

        retrieved("", Script.json(200, response("failed", error)));

        Json known = known(run);
        assertEquals("failed", known.getString("data.status"));
        assertEquals("upstream_error", known.getString("data.reason"));
        assertEquals("server_error", known.getString("data.error.code"));
    }

    @Test
    void isCancelledWithTheResponse() throws Exception {
        String run = begun("in_progress");

        retrieved("", Script.json(200, response("cancelled", "")));

        Json known = known(run);
        assertEquals("cancelled", known.getString("data.status"));
        assertEquals("cancel_requested", known.getString("data.reason"));
    }

    /** The agent API answers a cancel with the response as it is then. */
    @Test
    void isCancelledWithTheAnswerToItsCancel() throws Exception {
        String run = begun("queued");
        String cancelled = response("cancelled", "");

        try (WireResponse response = client().post(
                        "/openai/v1/responses/" + id + "/cancel",
                        "",
                        "X-API-Key: " + key,
                        upstream.on(Script.json(200, cancelled)).header())) {
            assertEquals(cancelled, new String(response.whole(), UTF_8));
        }

        Json known = known(run);
        assertEquals("cancelled", known.getString("data.status"));
        assertEquals("cancel_requested", known.getString("data.reason"));
    }

    /** The first outcome stays, so none of these was taken for one. */
    @Test
    void staysOpenAsLongAsNoResponseTellsItsOutcome() throws Exception {
        String run = begun("queued");
        String wrong = said("wrong");

        retrieved("", Script.json(200, response("in_progress", wrong)));
        retrieved("", Script.json(404, response("completed", wrong)));
        retrieved("", Script.json(200, response("another", "completed", wrong)));
        retrieved("", Script.json(200, response("completed", wrong).substring(1)));
        retrieved("", Script.json(200, response("completed", said("x".repeat(OutcomeWatch.BYTES_MAX)))));
        retrieved("", Script.whole(200, response("completed", wrong).getBytes(UTF_8), "Content-Type: text/plain"));
        retrieved("?stream=true", Script.stream("event: response.completed\ndata: " + response("completed", wrong)));
        client().get(
                        "/openai/v1/responses/" + id,
                        "X-API-Key: another",
                        upstream.on(Script.json(200, response("completed", wrong)))
                                .header())
                .whole();
        retrieved("", Script.json(200, response("completed", said("right"))));

        assertEquals("right", known(run).getString("data.result"));
    }
}
