package io.runtape.diff;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.restassured.response.Response;
import io.runtape.history.IndexedHistory;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.Script;
import io.runtape.transcript.HostileTexts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two runs side by side, in each form. */
abstract class RunDiffTest extends IndexedHistory {

    private static final String JSON = "application/json";
    private static final String HTML = "text/html";

    private static String event(String type, Map<String, ?> data) {
        return "event: " + type + "\ndata: " + json(data) + "\n\n";
    }

    private static String json(Object value) {
        try {
            return new ObjectMapper().writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private static String delta(String text) {
        return event("assistant_message_delta", Map.of("delta", text));
    }

    private static String call(String id, String name, Map<String, ?> arguments) {
        return event("tool_call", Map.of("toolCallId", id, "name", name, "arguments", arguments));
    }

    private static String result(String id, String output, int exitCode) {
        return event("tool_result", Map.of("toolCallId", id, "output", output, "exitCode", exitCode));
    }

    private static final String DONE =
            "event: run_completed\ndata: {\"usage\":{\"inputTokens\":100,\"outputTokens\":20}}\n\n";

    private String says(String... events) throws Exception {
        return record("{\"prompt\":\"Run the tests.\"}", Script.stream(String.join("", events)));
    }

    private static String target(String first, String second) {
        return "/runs/" + first + "/diff?with=" + second;
    }

    private Json diff(String first, String second) {
        return json(target(first, second));
    }

    private Response page(String first, String second) {
        return history().accept(HTML).get(target(first, second));
    }

    private String html(String first, String second) {
        return page(first, second).then().statusCode(200).extract().asString();
    }

    private static String told(Json diff, String at) {
        List<Map<String, String>> operations = diff.getList(at + ".operations");
        return operations.stream()
                .map(piece -> switch (piece.get("kind")) {
                    case "equal" -> piece.get("text");
                    case "delete" -> "[-" + piece.get("text") + "]";
                    case "insert" -> "[+" + piece.get("text") + "]";
                    default -> throw new AssertionError(piece);
                })
                .collect(Collectors.joining());
    }

    @Test
    void tellsWhatDiffers() throws Exception {
        String first = record(
                "{\"prompt\":\"Run all the tests.\",\"agent\":\"tester\",\"config\":{\"depth\":1,\"more\":true},\"seed\":4}",
                Script.stream(delta("I will run them.\n") + delta("They are red."), DONE));
        String second = record(
                "{\"agent\":\"tester\",\"config\":{\"more\":true,\"depth\":2},\"prompt\":\"Run the tests.\",\"label\":\"x\"}",
                Script.stream(
                        delta("I will run them.\nThey are green."),
                        "event: run_completed\ndata: {\"usage\":{\"inputTokens\":90,\"cachedInputTokens\":7}}\n\n"));

        Json diff = diff(first, second);

        assertFalse(diff.getBoolean("data.equal"));
        assertEquals(List.of(first, second), diff.getList("data.runs.id"));
        assertEquals(List.of("completed", "completed"), diff.getList("data.runs.status"));
        assertEquals(List.of("tester", "tester"), diff.getList("data.runs.agent"));
        assertEquals(List.of(false, false), diff.getList("data.runs.truncated"));
        assertEquals("I will run them.\nThey are[- red][+ green].", told(diff, "data.text"));
        assertEquals(List.of("changed"), diff.getList("data.request.messages.change"));
        assertEquals(List.of("user"), diff.getList("data.request.messages.role"));
        assertEquals("Run[- all] the tests.", told(diff, "data.request.messages[0].text"));
        assertEquals(List.of("config", "seed", "label"), diff.getList("data.request.members.name"));
        assertEquals(List.of("changed", "removed", "added"), diff.getList("data.request.members.change"));
        assertEquals(1, diff.getInt("data.request.members[0].first.depth"));
        assertEquals(2, diff.getInt("data.request.members[0].second.depth"));
        assertNull(diff.get("data.request.members[1].second"));
        assertNull(diff.get("data.reasoning"));
        assertEquals(-10, diff.getInt("data.usage.inputTokens.difference"));
        assertEquals(20, diff.getInt("data.usage.outputTokens.first"));
        assertNull(diff.get("data.usage.outputTokens.second"));
        assertNull(diff.get("data.usage.outputTokens.difference"));
        assertEquals(7, diff.getInt("data.usage.cachedInputTokens.second"));
        assertNull(diff.get("data.usage.reasoningTokens.first"));
        long ofFirst = json("/runs/" + first).getLong("data.durationMs");
        long ofSecond = json("/runs/" + second).getLong("data.durationMs");
        assertEquals(ofFirst, diff.getLong("data.time.durationMs.first"));
        assertEquals(ofSecond - ofFirst, diff.getLong("data.time.durationMs.difference"));
        assertNotNull(diff.get("data.time.timeToFirstEventMs.difference"));
    }

    @Test
    void setsToolCallsSideBySide() throws Exception {
        String first = says(
                call("1", "read", Map.of("path", "a")),
                result("1", "text", 0),
                call("2", "shell", Map.of("cmd", "make", "dir", "/")),
                result("2", "ok", 0),
                call("3", "shell", Map.of("cmd", "ls")),
                result("3", "files", 0),
                call("4", "look", Map.of()),
                DONE);
        String second = says(
                call("9", "shell", Map.of("dir", "/", "cmd", "make")),
                result("9", "broken", 2),
                call("8", "shell", Map.of("cmd", "ls -l")),
                result("8", "files", 0),
                call("7", "read", Map.of("path", "a")),
                result("7", "text", 0),
                call("6", "look", Map.of()),
                call("5", "search", Map.of("q", "x")),
                DONE);

        Json diff = diff(first, second);
        List<String> changes = diff.getList("data.toolCalls.pairs.change");

        assertFalse(diff.getBoolean("data.toolCalls.equal"));
        assertEquals(
                List.of("read", "shell", "shell", "read", "look", "search"), diff.getList("data.toolCalls.pairs.name"));
        assertEquals(List.of("removed", "changed", "changed", "added", "same", "added"), changes);
        assertEquals(
                List.of(List.of(), List.of("result"), List.of("arguments"), List.of(), List.of(), List.of()),
                diff.getList("data.toolCalls.pairs.differs"));
        assertEquals("ls", diff.getString("data.toolCalls.pairs[2].first.arguments.cmd"));
        assertEquals("ls -l", diff.getString("data.toolCalls.pairs[2].second.arguments.cmd"));
        assertEquals("broken", diff.getString("data.toolCalls.pairs[1].second.result.output"));
        assertEquals(2, diff.getInt("data.toolCalls.pairs[1].second.result.exitCode"));
        assertTrue(diff.getBoolean("data.toolCalls.pairs[1].second.result.failed"));
        assertNull(diff.get("data.toolCalls.pairs[0].second"));
        assertNull(diff.get("data.toolCalls.pairs[4].first.result"));
        assertEquals(1, diff.getInt("data.toolCalls.pairs[0].first.sequence"));
        double offset = json("/runs/" + first + "/events").getDouble("data[2].offsetMs");
        assertEquals((long) offset, diff.getLong("data.toolCalls.pairs[1].first.startedMs"));
        assertTrue(diff.getLong("data.toolCalls.pairs[1].first.durationMs") >= 0);
        String html = html(first, second);
        assertTrue(html.contains("only in the first run") && html.contains("only in the second run"), html);
        assertTrue(html.contains("<span class=\"bad\">failed</span>, exit code 2"), html);
    }

    private static String chunk(String delta, String finish) {
        return "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt\","
                + "\"choices\":[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":" + finish + "}]}\n\n";
    }

    @Test
    void comparesRunsOfTwoDialects() throws Exception {
        String first = says(delta("All "), delta("green."), call("1", "shell", Map.of("cmd", "make")), DONE);
        String second = record(
                "/v1/recorded",
                "{\"model\":\"gpt\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Run the tests.\"}]}",
                Script.stream(
                        chunk("{\"role\":\"assistant\",\"content\":\"All green\"}", "null"),
                        chunk("{\"content\":\".\"}", "null"),
                        chunk(
                                "{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"shell\",\"arguments\":\"{\\\"cmd\\\":\"}}]}",
                                "null"),
                        chunk(
                                "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\"make\\\"}\"}}]}",
                                "\"tool_calls\""),
                        "data: [DONE]\n\n"));

        Json diff = diff(first, second);

        assertTrue(diff.getBoolean("data.text.equal"), diff.toString());
        assertEquals(List.of("same"), diff.getList("data.request.messages.change"));
        assertEquals(List.of("same"), diff.getList("data.toolCalls.pairs.change"));
        assertEquals(List.of("model", "stream"), diff.getList("data.request.members.name"));
        assertEquals("tool_calls", diff.getString("data.runs[1].finishReason"));
        assertFalse(diff.getBoolean("data.equal"));
    }

    @Test
    void comparesReasoningAndFiles() throws Exception {
        String first = says(
                event("assistant_thinking_delta", Map.of("delta", "think")),
                delta("x"),
                event("file_edit", Map.of("path", "a/b", "action", "created")),
                DONE);
        String second = says(
                event("assistant_thinking_delta", Map.of("delta", "think more")),
                delta("x"),
                event("file_edit", Map.of("path", "a/b", "action", "deleted")),
                DONE);

        Json diff = diff(first, second);

        assertEquals("think[+ more]", told(diff, "data.reasoning"));
        assertEquals(List.of("changed"), diff.getList("data.files.pairs.change"));
        assertEquals("created", diff.getString("data.files.pairs[0].first.action"));
        assertTrue(diff.getBoolean("data.text.equal"));
        assertFalse(diff.getBoolean("data.equal"));
    }

    @Test
    void tellsWhatAUserSaidWithinARun() throws Exception {
        String first = says(delta("I run them."), DONE);
        String second = says(
                delta("I run them."), event("user_message", Map.of("content", "Delete the old branch too.")), DONE);

        Json diff = diff(first, second);

        assertFalse(diff.getBoolean("data.equal"));
        assertEquals(List.of("same", "added"), diff.getList("data.request.messages.change"));
        assertEquals("[+Delete the old branch too.]", told(diff, "data.request.messages[1].text"));
        assertTrue(html(first, second).contains("Delete the old branch too."));
        assertTrue(diff(second, second).getBoolean("data.equal"));
    }

    /** What a user says within a run neither stands for a message of a request nor hides what differs beside these. */
    @Test
    void setsWhatAUserSaidWithinARunApartFromTheRequest() throws Exception {
        String said = event("user_message", Map.of("content", "Delete it."));
        String asked = "{\"messages\":[{\"role\":\"user\",\"content\":\"Run.\"%s}%s]}";
        String first = record(
                asked.formatted(",\"name\":\"al\"", ",{\"role\":\"user\",\"content\":\"Delete it.\"}"),
                Script.stream(delta("Done."), DONE));
        String second = record(asked.formatted(",\"name\":\"bob\"", ""), Script.stream(delta("Done."), said, DONE));
        String third = record(asked.formatted(",\"name\":\"bob\"", ""), Script.stream(delta("Done."), DONE));
        String fourth = record(asked.formatted(",\"name\":\"al\"", ""), Script.stream(delta("Done."), said, DONE));

        assertEquals(List.of("same", "removed", "added"), diff(first, second).getList("data.request.messages.change"));
        assertEquals(List.of("messages"), diff(third, fourth).getList("data.request.members.name"));
    }

    @Test
    void aRunIsEqualToItself() throws Exception {
        String id = says(
                delta("x"),
                call("1", "shell", Map.of("cmd", "make")),
                result("1", "ok", 0),
                call("2", "look", Map.of()),
                DONE);

        Json diff = diff(id, id);

        assertTrue(diff.getBoolean("data.equal"), diff.toString());
        assertTrue(diff.getBoolean("data.request.equal"));
        assertEquals(List.of("same", "same"), diff.getList("data.toolCalls.pairs.change"));
        assertEquals(0, diff.getInt("data.usage.inputTokens.difference"));
        assertEquals(0, diff.getInt("data.time.durationMs.difference"));
        assertEquals("x", told(diff, "data.text"));
        assertTrue(html(id, id).contains("(equal)"));
    }

    /** They come with the request of the next step. */
    @Test
    void comparesTheResultsOfToolsThatTheCallerRan() throws Exception {
        String body =
                "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\","
                        + "\"function\":{\"name\":\"look\",\"arguments\":\"{}\"}}]},"
                        + "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"%s snow\"}]}";
        String first = record(body.formatted("much"), Script.stream(delta("x"), DONE));
        String second = record(body.formatted("no"), Script.stream(delta("x"), DONE));

        Json diff = diff(first, second);

        assertEquals(List.of("same", "same", "changed"), diff.getList("data.request.messages.change"));
        assertEquals("tool", diff.getString("data.request.messages[2].role"));
        assertEquals("[-much][+no] snow", told(diff, "data.request.messages[2].text"));
        assertFalse(diff.getBoolean("data.equal"));
    }

    @Test
    void aMessageThatHasChangedInSilenceIsTold() throws Exception {
        String body = "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"What is it?\"},"
                + "{\"type\":\"image_url\",\"image_url\":{\"url\":\"%s\"}}]}]}";
        String first = record(body.formatted("data:a"), Script.stream(delta("x"), DONE));
        String second = record(body.formatted("data:b"), Script.stream(delta("x"), DONE));

        Json diff = diff(first, second);

        assertEquals(List.of("same"), diff.getList("data.request.messages.change"));
        assertEquals(List.of("messages"), diff.getList("data.request.members.name"));
        assertFalse(diff.getBoolean("data.request.equal"));
    }

    /** OpenAI's Responses API has a template there, and LangGraph the state of a graph. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "prompt  | {\"prompt\":{\"id\":\"pmpt_1\"},\"input\":\"Hi\"}           | {\"input\":\"Hi\"}",
                "prompt  | {\"prompt\":{\"id\":\"pmpt_1\"},\"input\":\"Hi\"}           | {\"prompt\":{\"id\":\"pmpt_2\"},\"input\":\"Ho\"}",
                "input   | {\"input\":{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"files\":{\"a\":1}}} | {\"input\":{\"messages\":[{\"role\":\"user\",\"content\":\"Ho\"}],\"files\":{\"a\":2}}}",
                "input   | {\"input\":{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"files\":{\"a\":1}}} | {\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
                "input   | {\"input\":{\"topic\":\"a\"}}                           | {}",
                "``      | {\"input\":{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"n\":1}}    | {\"input\":{\"n\":1.0,\"messages\":[{\"role\":\"user\",\"content\":\"Ho\"}]}}",
                "``      | {\"input\":{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}}           | {\"prompt\":\"Hi\"}",
            })
    void comparesWhatIsBesideTheMessages(String name, String ofFirst, String ofSecond) throws Exception {
        String first = record(ofFirst, Script.stream(delta("x"), DONE));
        String second = record(ofSecond, Script.stream(delta("x"), DONE));

        Json diff = diff(first, second);

        assertEquals(
                name.isEmpty() ? List.of() : List.of(name), diff.getList("data.request.members.name"), diff::toString);
    }

    /** So many members of an object that not all of them become nodes of a tree. */
    private static String members(int count) {
        return IntStream.range(0, count).mapToObj(i -> "\"k" + i + "\":1").collect(Collectors.joining(","));
    }

    @Test
    void comparesWhatStandsBehindVeryManyMembers() throws Exception {
        String body = "{\"input\":{" + members(25_000) + "},\"model\":\"%s\"}";
        String first = record(body.formatted("a"), Script.stream(delta("x"), DONE));
        String second = record(body.formatted("b"), Script.stream(delta("x"), DONE));
        String ordered =
                record("{\"model\":\"a\",\"input\":{" + members(25_000) + "}}", Script.stream(delta("x"), DONE));

        Json diff = diff(first, second);
        assertEquals(List.of("model"), diff.getList("data.request.members.name"));
        assertFalse(diff.getBoolean("data.request.equal"));
        assertFalse(diff.getBoolean("data.equal"));
        Json same = diff(first, ordered);
        assertEquals(List.of(), same.getList("data.request.members.name"));
        assertTrue(same.getBoolean("data.request.equal"));
    }

    @Test
    void comparesMessagesThatStandBehindVeryManyMembers() throws Exception {
        String body = "{\"input\":{" + members(25_000) + "}%s}";
        String first = record(
                body.formatted(",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"),
                Script.stream(delta("x"), DONE));
        String second = record(body.formatted(""), Script.stream(delta("x"), DONE));

        Json diff = diff(first, second);

        assertEquals(List.of("removed"), diff.getList("data.request.messages.change"));
        assertEquals("[-Hi]", told(diff, "data.request.messages[0].text"));
        assertEquals(List.of(), diff.getList("data.request.members"));
        assertFalse(diff.getBoolean("data.equal"));
    }

    /** What is not compared may differ. */
    @ParameterizedTest
    @ValueSource(ints = {30_000, 0})
    void requestsThatAreNotComparedAsAWholeAreNotEqual(int count) throws Exception {
        String most = count > 0 ? members(count) : "\"deep\":" + "[".repeat(1100) + "]".repeat(1100);
        String body = "{" + most + ",\"model\":\"%s\"}";
        String first = record(body.formatted("a"), Script.stream(delta("x"), DONE));
        String second = record(body.formatted("b"), Script.stream(delta("x"), DONE));
        String plain = says(delta("x"), DONE);

        Json diff = diff(first, second);

        assertFalse(diff.getBoolean("data.equal"));
        assertFalse(diff.getBoolean("data.request.equal"));
        assertEquals(List.of(), diff.getList("data.request.members"));
        assertEquals(List.of(true, true), diff.getList("data.runs.truncated"));
        assertTrue(html(first, second).contains("Something was too long and is not compared."));
        assertEquals(List.of(true, false), diff(first, plain).getList("data.runs.truncated"));
        assertTrue(diff(first, first).getBoolean("data.equal"));
    }

    /** Only what is left out is not known to differ. */
    @Test
    void comparesTheFirstMembersOfARequestThatIsTooLong() throws Exception {
        String longOne = record("{\"seed\":1," + members(30_000) + "}", Script.stream(delta("x"), DONE));
        String shortOne = record("{\"k0\":1,\"label\":\"x\"}", Script.stream(delta("x"), DONE));

        Json diff = diff(longOne, shortOne);
        assertEquals("seed", diff.getString("data.request.members[0].name"));
        assertEquals("removed", diff.getString("data.request.members[0].change"));
        List<String> names = diff.getList("data.request.members.name");
        assertFalse(names.contains("k0") || names.contains("label"), () -> "" + names.size());
        Json turned = diff(shortOne, longOne);
        int seed = turned.getList("data.request.members.name").indexOf("seed");
        assertEquals("added", turned.getString("data.request.members[" + seed + "].change"));
    }

    /** As an object and as models write them, as JSON in a text. */
    @Test
    void comparesArgumentsOfVeryManyMembers() throws Exception {
        String arguments = "{" + members(30_000) + ",\"last\":%d}";
        List<String> runs = new ArrayList<>();
        for (int last : List.of(1, 2)) {
            String object = "event: tool_call\ndata: {\"toolCallId\":\"1\",\"name\":\"shell\",\"arguments\":"
                    + arguments.formatted(last) + "}\n\n";
            runs.add(says(object, delta("x"), DONE));
            Map<String, ?> text = Map.of("toolCallId", "1", "name", "shell", "arguments", arguments.formatted(last));
            runs.add(says(event("tool_call", text), delta("x"), DONE));
        }

        for (int i = 0; i < 2; i++) {
            Json diff = diff(runs.get(i), runs.get(i + 2));
            assertEquals(List.of(List.of("arguments")), diff.getList("data.toolCalls.pairs.differs"));
            assertFalse(diff.getBoolean("data.equal"));
        }
        assertEquals(List.of("same"), diff(runs.get(0), runs.get(1)).getList("data.toolCalls.pairs.change"));
    }

    @Test
    void comparesALiveRunAsFarAsItHasCome() throws Exception {
        String ended = says(delta("so far so good"), call("1", "shell", Map.of("cmd", "make")), DONE);
        try (LiveRun live = begin("{\"prompt\":\"Run the tests.\"}", delta("so far"))) {
            Json diff = diff(ended, live.id());

            assertEquals(List.of("completed", "running"), diff.getList("data.runs.status"));
            assertEquals("so far[- so good]", told(diff, "data.text"));
            assertEquals(List.of("removed"), diff.getList("data.toolCalls.pairs.change"));
            assertNull(diff.get("data.time.durationMs.second"));
            assertNull(diff.get("data.usage.inputTokens.second"));
            assertNull(history().get(target(ended, live.id())).header("ETag"));
            assertTrue(html(live.id(), ended).contains("running: compared as far as it has come"));
        }
    }

    @Test
    void comparesAResponseThatIsNoStream() throws Exception {
        String stream = says(delta("Hello."), DONE);
        String whole = record(
                "{\"prompt\":\"Run the tests.\",\"stream\":false}",
                Script.json(200, "{\"data\":{\"status\":\"completed\",\"result\":\"Hello.\"}}"));
        String failed = record(
                "{\"prompt\":\"Run the tests.\"}",
                Script.json(500, "{\"error\":{\"code\":\"x\",\"message\":\"broken\"}}"));

        assertTrue(diff(stream, whole).getBoolean("data.text.equal"));
        Json diff = diff(whole, failed);
        assertEquals(List.of("completed", "failed"), diff.getList("data.runs.status"));
        assertEquals("upstream_error", diff.getString("data.runs[1].reason"));
        assertFalse(diff.getBoolean("data.equal"));
    }

    @Test
    void findsARunByTheIdOfItsAgentApi() throws Exception {
        String first = says(delta("x"), DONE);
        String second = record("{}", exchange -> {
            exchange.streamHead("X-Run-ID: up_" + thread).chunk(delta("y") + DONE);
            exchange.end();
        });

        assertEquals(second, diff(first, "up_" + thread).getString("data.runs[1].id"));
    }

    @Test
    void showsHostileTextsAsText() throws Exception {
        String plain = says(delta("plain"), DONE);
        for (String text : HostileTexts.ALL) {
            if (text.indexOf('\ud83d') >= 0 && text.indexOf('\ude00') != text.indexOf('\ud83d') + 1) {
                // Has no form on the wire.
                continue;
            }
            String hostile = record(
                    json(Map.of("prompt", text, "metadata", Map.of("x", text))),
                    Script.stream(
                            delta(text),
                            call("1", text, Map.of(text.length() > 1000 ? "k" : text, text)),
                            result("1", text, 1),
                            event("assistant_thinking_delta", Map.of("delta", text)),
                            event("file_edit", Map.of("path", text, "action", text, "diff", text)),
                            event("run_failed", Map.of("error", Map.of("code", text, "message", text)))));

            for (String html : List.of(html(plain, hostile), html(hostile, hostile))) {
                assertFalse(html.contains("<script") || html.contains("<img") || html.contains("<svg"), html);
                assertFalse(html.contains("<a ") || html.contains("<iframe") || html.contains("<form"), html);
                assertFalse(html.contains("\u202e") || html.contains("\u001b") || html.contains("\u2066"), html);
                assertEquals(1, html.split("<style>", -1).length - 1);
                assertTrue(html.endsWith("</main>\n</body>\n</html>\n"), html);
            }
        }
    }

    @Test
    void letsABrowserRunAndLoadNothing() throws Exception {
        String first = says(delta("one\ntwo\nthree"), DONE);
        String second = says(delta("one\n2\nthree"), DONE);

        Response page = page(first, second);
        String policy = page.header("Content-Security-Policy");
        String html = page.asString();

        assertTrue(policy.startsWith("default-src 'none'; style-src 'sha256-"), policy);
        assertTrue(policy.endsWith("; frame-ancestors 'none'; sandbox"), policy);
        assertEquals("nosniff", page.header("X-Content-Type-Options"));
        assertEquals("no-referrer", page.header("Referrer-Policy"));
        assertTrue(page.contentType().startsWith(HTML));
        assertTrue(html.contains("<del>two</del>"), html);
        assertTrue(html.contains("<ins>2</ins>"), html);
        assertTrue(html.contains("<div class=\"pair same\"><div><pre dir=\"auto\">\none\n</pre>"), html);
    }

    @Test
    void comesInTheFormThatTheCallerTakes() throws Exception {
        String id = says(delta("x"), DONE);

        for (String accept : List.of("*/*", JSON, "application/*", "text/html;q=0.5, */*")) {
            assertTrue(
                    history().accept(accept).get(target(id, id)).contentType().startsWith(JSON), accept);
        }
        for (String accept :
                List.of(HTML, "text/*", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")) {
            assertTrue(
                    history().accept(accept).get(target(id, id)).contentType().startsWith(HTML), accept);
        }
        refused(history().accept("text/markdown").get(target(id, id)).then(), 406, "not_acceptable", "text/html");
    }

    @Test
    void twoRunsThatHaveEndedHaveATag() throws Exception {
        String first = says(delta("x"), DONE);
        String second = says(delta("y"), DONE);

        String tag = history().get(target(first, second)).header("ETag");
        assertNotEquals(tag, page(first, second).header("ETag"));
        assertNotEquals(tag, history().get(target(second, first)).header("ETag"));
        history()
                .header("If-None-Match", tag)
                .get(target(first, second))
                .then()
                .statusCode(304)
                .body(equalTo(""));
    }

    @Test
    void refusesWhatIsNotThere() throws Exception {
        String id = says(delta("x"), DONE);
        String run = "/runs/" + id + "/diff";

        refused(run, 400, "invalid_request", "The parameter with is missing");
        refused(run + "?with=", 400, "invalid_request", "with");
        refused(run + "?with=" + id + "&with=" + id, 400, "invalid_request", "with may be given once");
        refused(run + "?wiht=" + id, 400, "invalid_request", "The nearest is with.");
        refused(run + "?with=run_unknown", 404, "not_found");
        refused(run + "?with=%00", 404, "not_found");
        refused("/runs/run_unknown/diff?with=" + id, 404, "not_found");
        refused(history().accept(HTML).get(run).then(), 400, "invalid_request", "with is missing");
        refused(history().accept(HTML).get(run + "?with=run_unknown").then(), 404, "not_found");
    }

    @Test
    void bothRunsBelongToTheCaller() throws Exception {
        String id = says(delta("x"), DONE);
        String others = recordOfAnother();

        for (String accept : List.of(JSON, HTML)) {
            refused(history().accept(accept).get(target(id, others)).then(), 404, "not_found");
            refused(history().accept(accept).get(target(others, id)).then(), 404, "not_found");
            refused(historyOf(key + "x").accept(accept).get(target(id, id)).then(), 404, "not_found");
        }
    }

    private String recordOfAnother() throws Exception {
        try (var response = client().post(
                        "/v1/run",
                        "{}",
                        "X-API-Key: " + key + "y",
                        upstream.on(Script.stream(delta("x"), DONE)).header())) {
            response.readAll();
            return response.header("Runtape-Run-Id");
        }
    }

    @Test
    void saysThatSomethingIsTooLong() throws Exception {
        String first = says(delta(lines("a")), DONE);
        String second = says(delta(lines("b")), DONE);

        Json diff = diff(first, second);

        assertTrue(diff.getBoolean("data.text.tooLong"));
        assertEquals(List.of("delete", "insert"), diff.getList("data.text.operations.kind"));
        assertEquals(lines("a"), diff.getString("data.text.operations[0].text"));
        assertTrue(html(first, second).contains("Too long to look for what they have in common"));
    }

    private static String lines(String before) {
        return IntStream.range(0, 30_000).mapToObj(i -> before + i + "\n").collect(Collectors.joining());
    }

    /** More events than are read of a run. */
    private static Script longAnswer() {
        return Script.stream(IntStream.range(0, 10)
                .mapToObj(i -> delta("words ".repeat(170_000)))
                .toArray(String[]::new));
    }

    @Test
    void saysThatSomethingIsNotCompared() throws Exception {
        String longOne = record("{\"prompt\":\"Run the tests.\"}", longAnswer());
        // Until it is, that takes the memory.
        awaitIndexed(longOne);
        String shortOne = says(delta("x"), DONE);

        Json diff = diff(longOne, shortOne);

        assertEquals(List.of(true, false), diff.getList("data.runs.truncated"));
        assertTrue(html(longOne, shortOne).contains("Something was too long and is not compared."));
    }

    /** All of its messages are read. */
    @Test
    void comparesTheWholeRequestOfARunWhoseAnswerIsTooLong() throws Exception {
        String longOne = record("{\"prompt\":\"Run the tests.\"}", longAnswer());
        // Until it is, that takes the memory.
        awaitIndexed(longOne);
        String other = record(
                "{\"messages\":[{\"role\":\"user\",\"content\":\"Run the tests.\"}]}", Script.stream(delta("x"), DONE));

        Json diff = diff(longOne, other);

        assertEquals(List.of(), diff.getList("data.request.members"));
        assertTrue(diff.getBoolean("data.request.equal"));
        assertEquals(List.of(true, false), diff.getList("data.runs.truncated"));
    }
}
