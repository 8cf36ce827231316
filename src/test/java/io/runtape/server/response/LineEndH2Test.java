package io.runtape.server.response;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.H2Resource;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** JSON of the gateway's own ends with a line end, and what is an agent API's, or a caller's, with what it had. */
@QuarkusTest
@WithTestResource(H2Resource.class)
class LineEndH2Test extends RecordedHistory {

    private static final String JSON = "Content-Type: application/json";

    private static final Script ANSWER = Script.json(200, "{\"answer\":1}");

    @Test
    void endsJsonOfItsOwn() throws Exception {
        String run = record("{\"prompt\":\"Hi.\",\"threadId\":\"" + thread + "\"}", ANSWER);
        List<String> targets = List.of(
                "/runs",
                "/runs/" + run,
                "/runs/" + run + "/events",
                "/runs/" + run + "/transcript",
                "/threads",
                "/threads/" + thread,
                "/threads/" + thread + "/runs",
                "/threads/" + thread + "/events",
                "/threads/" + thread + "/transcript");
        for (String target : targets) {
            assertEnds(200, history().get(target).asByteArray(), target);
            assertJson(send("GET", "/history/v1" + target, ""), 200);
        }
        assertJson(send("POST", "/history/v1/tickets", "{\"runId\":\"" + run + "\"}"), 201);
        assertJson(send("PATCH", "/history/v1/threads/" + thread, "{}"), 200);
        assertJson(send("POST", "/history/v1/runs/" + run + "/cancel", ""), 200);
    }

    @Test
    void endsErrorsOfItsOwnEverywhere() throws Exception {
        assertJson(send("GET", "/history/v1/runs/run_none", ""), 404);
        assertJson(send("GET", "/history/v1/runs?limit=x", ""), 400);
        assertJson(send("GET", "/history/v1/runs?lmit=1", ""), 400);
        assertJson(send("PUT", "/history/v1/runs", ""), 405);
        assertJson(send("GET", "/console/nothing", ""), 404);
        assertJson(send("POST", "/v1/run", "[]"), 400);
        assertJson(send("GET", "/v1/a//b", ""), 400);
    }

    @Test
    void leavesTheBytesOfOthersAsTheyAre() throws Exception {
        try (WireResponse response = client().post(
                        "/v1/run",
                        "{ }",
                        "X-API-Key: " + key,
                        upstream.on(ANSWER).header())) {
            assertEquals("{\"answer\":1}", new String(response.whole(), StandardCharsets.UTF_8));
            String run = response.header("Runtape-Run-Id");
            assertEquals("{ }", history().get("/runs/" + run + "/request").asString());
            assertEquals(
                    "{\"answer\":1}", history().get("/runs/" + run + "/replay").asString());
        }
        try (WireResponse response =
                client().get("/v1/things", upstream.on(ANSWER).header())) {
            assertEquals("{\"answer\":1}", new String(response.whole(), StandardCharsets.UTF_8));
        }
    }

    private WireResponse send(String method, String target, String body) throws Exception {
        return client().send(method, target, body.getBytes(StandardCharsets.UTF_8), "X-API-Key: " + key, JSON);
    }

    /** A response that fits is sent with its length, which counts the line end. */
    private static void assertJson(WireResponse response, int status) throws Exception {
        try (response) {
            assertEquals(status, response.status());
            byte[] body = response.whole();
            assertEquals(String.valueOf(body.length), response.header("Content-Length"));
            assertTrue(response.header("Content-Type").startsWith("application/json"));
            assertEnds(status, body, response.header("X-Request-ID"));
        }
    }

    private static void assertEnds(int status, byte[] body, String what) {
        String text = new String(body, StandardCharsets.UTF_8);
        assertTrue(text.endsWith("}\n") && !text.endsWith("\n\n"), status + " " + what + " " + text);
    }
}
