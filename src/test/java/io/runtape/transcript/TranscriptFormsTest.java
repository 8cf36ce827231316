package io.runtape.transcript;

import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.restassured.response.Response;
import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Transcripts in each of their forms, and of a part. */
abstract class TranscriptFormsTest extends RecordedHistory {

    private static final String JSON = "application/json";
    private static final String MARKDOWN = "text/markdown";
    private static final String HTML = "text/html";

    private static final String CALL =
            "event: tool_call\ndata: {\"toolCallId\":\"c1\",\"name\":\"shell\",\"arguments\":{\"cmd\":\"make\"}}\n\n";

    private static String delta(String text) {
        return event("assistant_message_delta", Map.of("delta", text));
    }

    private static String event(String type, Map<String, ?> data) {
        try {
            // In bytes it spells half of a surrogate pair as an escape.
            String json = new String(new ObjectMapper().writeValueAsBytes(data), StandardCharsets.UTF_8);
            return "event: " + type + "\ndata: " + json + "\n\n";
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private Response get(String target, String accept) {
        return history().accept(accept).get(target);
    }

    private String text(String target, String accept) {
        return get(target, accept).then().statusCode(200).extract().asString();
    }

    private String inThread() {
        return "{\"prompt\":\"Run the tests.\",\"threadId\":\"" + thread + "\"}";
    }

    /** Sequences 1 to 5. */
    private String recorded() throws Exception {
        return record(
                inThread(),
                Script.stream(
                        delta("I will run them."),
                        CALL,
                        event("tool_result", Map.of("toolCallId", "c1", "output", "ok", "exitCode", 0)),
                        delta("They ran."),
                        "event: run_completed\ndata: {}\n\n"));
    }

    private List<String> types(String target) {
        List<List<String>> ofMessages = json(target).getList("data.messages.parts.type");
        return ofMessages.stream().flatMap(List::stream).toList();
    }

    @Test
    void comesInTheFormThatTheCallerTakes() throws Exception {
        String id = recorded();

        for (String target : List.of("/runs/" + id + "/transcript", "/threads/" + thread + "/transcript")) {
            for (String accept : List.of("*/*", JSON, "application/*", "text/html;q=0.5, */*")) {
                assertTrue(get(target, accept).contentType().startsWith(JSON), accept);
            }
            for (String accept : List.of(MARKDOWN, "text/markdown, text/html;q=0.9, */*;q=0.1")) {
                assertEquals("text/markdown;charset=utf-8", type(get(target, accept)));
            }
            for (String accept :
                    List.of(HTML, "text/*", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")) {
                assertEquals("text/html;charset=utf-8", type(get(target, accept)));
            }
            get(target, "text/plain")
                    .then()
                    .statusCode(406)
                    .body("error.code", equalTo("not_acceptable"))
                    .body("error.message", containsString("Allowed: application/json, text/html, text/markdown."));
        }
    }

    @Test
    void comesInNoFormThatTheCallerRefuses() throws Exception {
        String id = recorded();

        for (String target : List.of("/runs/" + id + "/transcript", "/threads/" + thread + "/transcript")) {
            for (String accept : List.of("text/markdown;q=0, */*", "*/*;q=0.1, text/*;q=0")) {
                assertTrue(get(target, accept).contentType().startsWith(JSON), accept);
            }
            for (String accept : List.of("text/html;q=0, text/*", "*/*;q=0, text/markdown;q=0.3")) {
                assertEquals("text/markdown;charset=utf-8", type(get(target, accept)), accept);
            }
            for (String accept : List.of("application/json;q=0, */*", "application/*;q=0.0, */*;q=0.5")) {
                assertEquals("text/html;charset=utf-8", type(get(target, accept)), accept);
            }
            // Several lines are one list.
            Response other =
                    history().header("Accept", "text/markdown;q=0", "text/html").get(target);
            assertEquals("text/html;charset=utf-8", type(other));
            for (String accept : List.of("text/markdown;q=0", "text/html;q=0, text/markdown;q=0.000", "*/*;q=0")) {
                get(target, accept)
                        .then()
                        .statusCode(406)
                        .body("error.code", equalTo("not_acceptable"))
                        .body("error.message", containsString("Allowed: application/json, text/html, text/markdown."));
            }
        }
    }

    private static String type(Response response) {
        assertEquals(200, response.statusCode());
        return response.contentType().replace(" ", "").toLowerCase(Locale.ROOT);
    }

    @Test
    void letsABrowserRunAndLoadNothing() throws Exception {
        String id = recorded();

        for (String target : List.of("/runs/" + id + "/transcript", "/threads/" + thread + "/transcript")) {
            Response page = get(target, HTML);
            String policy = page.header("Content-Security-Policy");
            assertTrue(policy.startsWith("default-src 'none'; style-src 'sha256-"), policy);
            assertTrue(policy.endsWith("; frame-ancestors 'none'; sandbox"), policy);
            assertFalse(policy.contains("unsafe"), policy);
            assertEquals("nosniff", page.header("X-Content-Type-Options"));
            assertEquals("no-referrer", page.header("Referrer-Policy"));
            assertEquals("nosniff", get(target, MARKDOWN).header("X-Content-Type-Options"));
        }
    }

    @Test
    void tellsTheSameInEachForm() throws Exception {
        String id = recorded();

        for (String target : List.of("/runs/" + id + "/transcript", "/threads/" + thread + "/transcript")) {
            String markdown = text(target, MARKDOWN);
            assertTrue(markdown.contains("### User, 20"), markdown);
            assertTrue(markdown.contains("```text\nRun the tests.\n```\n"), markdown);
            assertTrue(markdown.contains("<summary>Tool call <code>shell</code>, exit code 0</summary>"), markdown);
            assertTrue(markdown.indexOf("\"cmd\": \"make\"") < markdown.indexOf("Output:\n\n```text\nok"), markdown);
            assertTrue(markdown.contains("- Status: `completed`\n"), markdown);

            String html = text(target, HTML);
            assertTrue(html.contains("<article class=\"user\">"), html);
            assertTrue(html.contains("<pre dir=\"auto\">\nRun the tests.</pre>"), html);
            assertTrue(html.contains("<summary>Tool call <code><bdi>shell</bdi></code> exit code 0</summary>"), html);
            assertTrue(html.endsWith("</html>\n"), html);
        }
    }

    @Test
    void tellsAThreadByItsTitleAndItsRuns() throws Exception {
        String first = recorded();
        String second = record(inThread(), Script.stream(delta("Again.")));
        history().contentType(JSON).body("{\"title\":\"<b>Tests</b>\"}").patch("/threads/" + thread);

        String html = text("/threads/" + thread + "/transcript", HTML);

        assertTrue(html.contains("<title>&lt;b&gt;Tests&lt;/b&gt;</title>"), html);
        int one = html.indexOf("<h2>Run <bdi>" + first);
        assertTrue(one > 0 && html.indexOf("<h2>Run <bdi>" + second) > one, html);
    }

    @Test
    void escapesWhatWasRecorded() throws Exception {
        for (String text : HostileTexts.ALL) {
            String id = record(inThread(), Script.stream(delta(text)));

            assertEquals(text, json("/runs/" + id + "/transcript").getString("data.messages[1].parts[0].text"));

            String shown = ShownText.of(text);
            String html = text("/runs/" + id + "/transcript", HTML);
            assertFalse(html.contains("<script") || html.contains("<img") || html.contains("<svg"), html);
            String escaped = shown.replace("&", "&amp;")
                    .replace("<", "&lt;")
                    .replace(">", "&gt;")
                    .replace("\"", "&quot;")
                    .replace("'", "&#39;");
            assertTrue(html.contains("<pre dir=\"auto\">\n" + escaped + "</pre>"), html);
            String markdown = text("/runs/" + id + "/transcript", MARKDOWN);
            assertTrue(markdown.contains("`text\n" + shown), markdown);
        }
    }

    @Test
    void marksWhatIsStillBeingWritten() throws Exception {
        try (LiveRun live = begin(inThread(), delta("so far"))) {
            for (String target : List.of("/runs/" + live.id() + "/transcript", "/threads/" + thread + "/transcript")) {
                String markdown = text(target, MARKDOWN);
                assertTrue(markdown.contains("- Status: `running: "), markdown);
                assertTrue(markdown.contains("```text\nso far\n```\n\n*… still being written*\n"), markdown);
                assertTrue(text(target, HTML).contains("so far</pre>\n<p class=\"open\">"), target);
                assertEquals(null, get(target, HTML).header("ETag"));
            }
        }
        try (LiveRun strange = begin("{\"prompt\":\"hello\"}", "data: in no dialect\n\n")) {
            String markdown = text("/runs/" + strange.id() + "/transcript", MARKDOWN);
            assertTrue(markdown.contains("in no dialect\n"), markdown);
        }
    }

    @Test
    void anEndedRunHasATagForEachFormAndPart() throws Exception {
        String target = "/runs/" + recorded() + "/transcript";

        String json = get(target, JSON).header("ETag");
        String html = get(target, HTML).header("ETag");
        assertNotEquals(json, html);
        assertNotEquals(html, get(target + "?from=2", HTML).header("ETag"));
        assertEquals(html, get(target, HTML).header("ETag"));
        history()
                .accept(HTML)
                .header("If-None-Match", html)
                .get(target)
                .then()
                .statusCode(304)
                .body(equalTo(""));
    }

    @Test
    void tellsAPartOfARun() throws Exception {
        String run = "/runs/" + recorded() + "/transcript";

        assertEquals(List.of("text", "text", "tool_call", "tool_result", "text"), types(run));
        assertEquals(List.of("text", "text"), types(run + "?to=1"));
        assertEquals(List.of("tool_call", "tool_result"), types(run + "?from=2&to=3"));
        assertEquals(List.of("tool_result", "text"), types(run + "?from=3"));
        assertEquals(List.of("text"), types(run + "?from=4&to=4"));
        assertEquals(List.of(), types(run + "?from=5&to=5"));
        assertEquals(types(run), types(run + "?from=1&to=5"));

        String markdown = text(run + "?from=4&to=5", MARKDOWN);
        assertTrue(markdown.contains("- Frames: `only 4 to 5`\n") && markdown.contains("They ran."), markdown);
        assertFalse(markdown.contains("I will") || markdown.contains("Run the tests."), markdown);
        assertFalse(text(run + "?to=2", HTML).contains("They ran."));
    }

    @Test
    void tellsAPartOfAThread() throws Exception {
        recorded();
        record(inThread(), Script.stream(delta("Second.")));
        record(inThread(), Script.stream(delta("Third.")));
        String target = "/threads/" + thread + "/transcript";
        long second = 2L << 32;

        assertEquals(List.of("user", "assistant"), roles(target + "?from=" + second + "&to=" + (second + 1)));
        assertEquals(
                List.of("assistant", "user", "assistant"),
                roles(target + "?from=" + ((1L << 32) + 4) + "&to=" + (second + 1)));
        assertEquals(List.of("user", "assistant", "user", "assistant"), roles(target + "?from=" + (second + 1)));
        String markdown = text(target + "?to=" + (second + 1), MARKDOWN);
        assertTrue(markdown.contains("Second.") && !markdown.contains("Third."), markdown);
    }

    private List<String> roles(String target) {
        return json(target).getList("data.messages.role");
    }

    @Test
    void tellsAPartOfALiveRunInItsDialect() throws Exception {
        String start =
                "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"x\"}}\n\n";
        String block =
                "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";
        String hello =
                "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\n";
        try (LiveRun live = beginAt("/v1/recorded", "{}", start, block, hello)) {
            String target = "/runs/" + live.id() + "/transcript?from=2";
            assertEquals(List.of("Hello"), json(target).getList("data.messages[0].parts.text"));
            assertTrue(text(target, MARKDOWN).contains("```text\nHello\n```"));
        }
    }

    @Test
    void refusesAPartThatIsNotThere() throws Exception {
        String id = recorded();
        long base = 1L << 32;

        for (String accept : List.of(JSON, MARKDOWN, HTML)) {
            String run = "/runs/" + id + "/transcript";
            refused(accept, run + "?from=6", "unknown_sequence", "which is 5.");
            refused(accept, run + "?to=6", "unknown_sequence", "which is 5.");
            refused(accept, run + "?from=3&to=2", "invalid_request", "from must not be larger than to.");
            for (String bad : List.of("0", "-1", "x", "1.5", "9223372036854775808")) {
                refused(accept, run + "?from=" + bad, "invalid_request", "from must be a sequence");
                refused(accept, run + "?to=" + bad, "invalid_request", "to must be a sequence");
            }
            refused(accept, run + "?form=1", "invalid_request", "The nearest is from.");
            String ofThread = "/threads/" + thread + "/transcript";
            refused(accept, ofThread + "?from=" + (base + 6), "unknown_sequence", "of the thread, is " + (base + 5));
            refused(accept, ofThread + "?to=" + (2 * base), "unknown_sequence", "of the thread, is " + (base + 5));
            refused(accept, ofThread + "?to=3", "unknown_sequence", "of the thread, is " + (base + 5));
        }
        try (LiveRun live = begin("{}", delta("so far"))) {
            refused(HTML, "/runs/" + live.id() + "/transcript?to=2", "unknown_sequence", "which is 1.");
        }
    }

    private void refused(String accept, String target, String code, String said) {
        refused(get(target, accept).then(), 400, code, said);
    }

    @Test
    void belongsToItsOwner() throws Exception {
        String id = recorded();

        for (String accept : List.of(JSON, MARKDOWN, HTML)) {
            for (String target : List.of("/runs/" + id, "/threads/" + thread)) {
                historyOf(key + "x")
                        .accept(accept)
                        .get(target + "/transcript")
                        .then()
                        .statusCode(404)
                        .body("error.code", equalTo("not_found"));
            }
        }
        get("/runs/" + id + "/transcript", JSON).then().header("Content-Security-Policy", nullValue());
    }

    @Test
    void comesInGzip() throws Exception {
        String id = record("{}", Script.stream(delta("words ".repeat(1000))));

        try (WireResponse page = client().get(
                        "/history/v1/runs/" + id + "/transcript",
                        "X-API-Key: " + key,
                        "Accept: " + HTML,
                        "Accept-Encoding: gzip")) {
            InputStream coded = new GZIPInputStream(new ByteArrayInputStream(page.whole()));
            assertEquals("gzip", page.header("Content-Encoding"));
            assertEquals("Accept, Accept-Encoding", page.header("Vary"));
            assertTrue(new String(coded.readAllBytes(), StandardCharsets.UTF_8).contains("words words"));
        }
    }
}
