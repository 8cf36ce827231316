package io.runtape.transcript;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.restassured.response.Response;
import io.runtape.dialect.Part;
import io.runtape.history.RecordedHistory;
import io.runtape.run.FrameReader;
import io.runtape.run.KeptTranscripts;
import io.runtape.run.Run;
import io.runtape.server.memory.BudgetShare;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.MemoryWait;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.TakenMemory;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was said is told from what was recorded. */
abstract class TranscriptTest extends RecordedHistory {

    @Inject
    FrameReader frames;

    @Inject
    TranscriptSources sources;

    @Inject
    MemoryBudgets memory;

    @Inject
    ObjectMapper json;

    @Inject
    DataSource database;

    private static Script says(String... words) {
        StringBuilder stream = new StringBuilder();
        for (String word : words) {
            stream.append("event: assistant_message_delta\ndata: {\"delta\":\"")
                    .append(word)
                    .append("\"}\n\n");
        }
        return Script.stream(stream.toString());
    }

    /** A result of as many members as this, in one of the innermost of so many objects. */
    private static String nested(int depth, int members) {
        StringBuilder innermost = new StringBuilder("{");
        for (int i = 0; i < members; i++) {
            innermost
                    .append(i == 0 ? "" : ",")
                    .append("\"k")
                    .append(i)
                    .append("\":")
                    .append(i);
        }
        return "{\"a\":".repeat(depth) + innermost + "}" + "}".repeat(depth);
    }

    private static String text(Json transcript, int message) {
        return transcript.getString("data.messages[" + message + "].parts[0].text");
    }

    /** Laid out with a line for each value, a nested result would grow by its square. */
    @Test
    void aResultTakesFewTimesItsLength() throws Exception {
        String result = nested(900, 2_000);
        String completed = "event: run_completed\ndata: {\"result\":" + result + "}\n\n";
        String streamed = record("{}", Script.stream(completed + completed));
        String whole = record(
                "{\"stream\":false}",
                Script.json(200, "{\"data\":{\"status\":\"completed\",\"result\":" + result + "}}"));
        String folded = record(
                "/v1/recorded",
                "{}",
                Script.stream("data: {\"type\":\"RUN_STARTED\",\"threadId\":\"t\",\"runId\":\"r\"}\n\n"
                        + "data: {\"type\":\"RUN_FINISHED\",\"threadId\":\"t\",\"runId\":\"r\",\"result\":"
                        + result + "}\n\n"));

        for (String id : List.of(streamed, whole, folded)) {
            for (String form : List.of("application/json", "text/markdown", "text/html")) {
                String told = history()
                        .accept(form)
                        .get("/runs/" + id + "/transcript")
                        .then()
                        .statusCode(200)
                        .extract()
                        .asString();
                assertTrue(told.contains("k1999"), form);
                assertTrue(told.length() < 6 * result.length(), () -> form + " has " + told.length());
            }
        }
    }

    @Test
    void tellsWhatWasAskedSaidAndDone() throws Exception {
        String id = record(
                "{\"prompt\":\"Run the tests.\",\"threadId\":\"" + thread + "\"}",
                Script.stream("event: run_started\ndata: {}\n\n"
                        + "event: assistant_message_delta\ndata: {\"delta\":\"I will \"}\n\n"
                        + "event: assistant_message_delta\ndata: {\"delta\":\"run them.\"}\n\n"
                        + "event: assistant_message\ndata: {\"content\":\"I will run them.\"}\n\n"
                        + "event: tool_call\ndata: {\"toolCallId\":\"c1\",\"name\":\"shell\",\"arguments\":{\"cmd\":\"make\"}}\n\n"
                        + "event: tool_result\ndata: {\"toolCallId\":\"c1\",\"output\":\"ok\",\"exitCode\":0}\n\n"
                        + "event: run_completed\ndata: {\"result\":\"Green.\"}\n\n"));

        Json transcript = json("/runs/" + id + "/transcript");

        assertEquals(id, transcript.getString("data.runId"));
        assertEquals(thread, transcript.getString("data.threadId"));
        assertFalse(transcript.getBoolean("data.truncated"));
        assertEquals(List.of("user", "assistant"), transcript.getList("data.messages.role"));
        assertEquals("Run the tests.", text(transcript, 0));
        assertEquals("I will run them.", text(transcript, 1));
        assertEquals(
                List.of("text", "tool_call", "tool_result", "text"), transcript.getList("data.messages[1].parts.type"));
        assertEquals("make", transcript.getString("data.messages[1].parts[1].input.cmd"));
        assertEquals("ok", transcript.getString("data.messages[1].parts[2].output"));
        assertEquals(List.of(id, id), transcript.getList("data.messages.runId"));
        Json run = json("/runs/" + id);
        assertEquals(run.getString("data.createdAt"), transcript.getString("data.messages[0].createdAt"));
        assertEquals(run.getString("data.firstEventAt"), transcript.getString("data.messages[1].createdAt"));
        assertEquals(
                "private, no-cache",
                history().get("/runs/" + id + "/transcript").header("Cache-Control"));
    }

    /** No event of this run shows its dialect. */
    @Test
    void tellsOfARunThatGoesOnInTheDialectThatIsSet() throws Exception {
        String update = "event: updates\ndata: {\"node\":{\"messages\":"
                + "[{\"role\":\"assistant\",\"id\":\"m\",\"content\":\"set\"}]}}\n\n";
        try (LiveRun live = beginAt("/langgraph/threads/" + thread + "/runs/stream", "{}", update)) {
            assertEquals("set", text(json("/runs/" + live.id() + "/transcript"), 0));
        }
    }

    @Test
    void tellsOfARunThatGoesOnWhatWasSaidSoFar() throws Exception {
        try (LiveRun live =
                begin("{\"prompt\":\"go on\"}", "event: assistant_message_delta\ndata: {\"delta\":\"so far\"}\n\n")) {
            Json transcript = json("/runs/" + live.id() + "/transcript");

            assertEquals("go on", text(transcript, 0));
            assertEquals("so far", text(transcript, 1));
            assertTrue(transcript.getString("data.messages[1].createdAt").endsWith("Z"));
        }
        try (LiveRun silent = begin("{\"prompt\":\"hello\"}")) {
            assertEquals(
                    List.of("user"),
                    json("/runs/" + silent.id() + "/transcript").getList("data.messages.role"));
        }
    }

    @Test
    void tellsAResponseThatIsNoStream() throws Exception {
        String id = record(
                "{\"prompt\":\"Hi\",\"stream\":false}",
                Script.json(200, "{\"data\":{\"status\":\"completed\",\"result\":\"Hello.\"}}"));

        Json transcript = json("/runs/" + id + "/transcript");

        assertEquals(List.of("user", "assistant"), transcript.getList("data.messages.role"));
        assertEquals("Hello.", text(transcript, 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"transcript", "diff"})
    void tellsNothingOfARunThatIsDeletedWhileItIsRead(String made) throws Exception {
        // So long that it waits for memory where others hold that.
        String gone = record("{\"prompt\":\"Say much\"}", says("much ".repeat(20_000)));
        String target = "/runs/" + gone + "/" + made
                + (made.equals("diff") ? "?with=" + record("{\"prompt\":\"Say more\"}", says("more")) : "");
        CompletableFuture<Response> told;
        try (BudgetShare large = TakenMemory.allOf(memory.answers())) {
            told = CompletableFuture.supplyAsync(() -> history().get(target));
            MemoryWait.await("io.runtape." + made);
            history().delete("/runs/" + gone).then().statusCode(204);
        }

        refused(told.get().then(), 404, "not_found");
    }

    @Test
    void tellsAStrangeStreamAsItStands() throws Exception {
        String id =
                record("{}", Script.stream("\uFEFFdata: one\n\n: beat\n\nevent: odd\ndata: two\n\ndata: [DONE]\n\n"));

        Json transcript = json("/runs/" + id + "/transcript");

        assertEquals(List.of("one", "two"), transcript.getList("data.messages[0].parts.text"));
    }

    @Test
    void tellsAThreadRunByRunAndNothingTwice() throws Exception {
        String first = record(
                "{\"threadId\":\"" + thread + "\",\"messages\":[{\"role\":\"user\",\"content\":\"one?\"}]}",
                says("on", "e."));
        String second = record(
                "{\"threadId\":\"" + thread + "\",\"messages\":[{\"role\":\"user\",\"content\":\"one?\"},"
                        + "{\"role\":\"assistant\",\"content\":\"one.\"},{\"role\":\"user\",\"content\":\"two?\"}]}",
                says("two."));
        history()
                .contentType("application/json")
                .body("{\"title\":\"Counting\"}")
                .patch("/threads/" + thread);

        Json transcript = json("/threads/" + thread + "/transcript");

        assertEquals(thread, transcript.getString("data.threadId"));
        assertEquals("Counting", transcript.getString("data.title"));
        assertEquals(List.of("user", "assistant", "user", "assistant"), transcript.getList("data.messages.role"));
        assertEquals("one?", text(transcript, 0));
        assertEquals("one.", text(transcript, 1));
        assertEquals("two?", text(transcript, 2));
        assertEquals("two.", text(transcript, 3));
        assertEquals(List.of(first, first, second, second), transcript.getList("data.messages.runId"));
        assertEquals(
                3,
                json("/runs/" + second + "/transcript").getList("data.messages").size() - 1);
    }

    /** The caller of a model runs the tools itself, and sends their results with the next call. */
    @Test
    void tellsTheResultsOfToolsThatTheCallerRan() throws Exception {
        String asked = "{\"role\":\"user\",\"content\":\"And the weather?\"}";
        String called =
                "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"look\",\"input\":{}}]}";
        String result = "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\","
                + "\"content\":[{\"type\":\"text\",\"text\":\"<b>12 cm</b> of snow\"}]}]}";
        String body = "{\"threadId\":\"" + thread + "\",\"messages\":[";
        record(
                body + asked + "]}",
                Script.stream("event: tool_call\ndata: {\"toolCallId\":\"t1\",\"name\":\"look\"}\n\n"));
        record(body + asked + "," + called + "," + result + "]}", says("It snows."));

        Json transcript = json("/threads/" + thread + "/transcript");

        assertEquals(List.of("user", "assistant", "tool", "assistant"), transcript.getList("data.messages.role"));
        assertEquals("tool_call", transcript.getString("data.messages[1].parts[0].type"));
        assertEquals("tool_result", transcript.getString("data.messages[2].parts[0].type"));
        assertEquals("t1", transcript.getString("data.messages[2].parts[0].callId"));
        assertEquals("<b>12 cm</b> of snow", transcript.getString("data.messages[2].parts[0].output"));
        for (String form : List.of("text/markdown", "text/html")) {
            String page = history()
                    .accept(form)
                    .get("/threads/" + thread + "/transcript")
                    .asString();
            assertTrue(page.contains("12 cm") && page.contains("of snow"), page);
            assertFalse(form.endsWith("html") && page.contains("<b>12"), page);
        }
    }

    @Test
    void leavesOutWhatIsTooLong() throws Exception {
        String id = record("{}", Script.stream("data: " + "x".repeat(9 << 20) + "\n\n", "data: next\n\n"));

        Json transcript = json("/runs/" + id + "/transcript");

        assertTrue(transcript.getBoolean("data.truncated"));
        assertEquals(List.of("next"), transcript.getList("data.messages[0].parts.text"));
    }

    @Test
    void goesOnWithTheNextRunBehindWhatIsTooLong() throws Exception {
        String tooLong = "x".repeat(9 << 20);
        String body = "{\"threadId\":\"" + thread + "\"}";
        record(body, Script.stream("data: " + tooLong + "\n\n", "data: one\n\n"));
        record(body, Script.json(200, "{\"result\":\"" + tooLong + "\"}"));
        record(body, Script.stream("data: three\n\n"));

        Json transcript = json("/threads/" + thread + "/transcript");

        assertTrue(transcript.getBoolean("data.truncated"));
        assertEquals(List.of(List.of("one"), List.of("three")), transcript.getList("data.messages.parts.text"));
    }

    @Test
    void leavesOutARequestThatIsTooLong() throws Exception {
        String prompt = "many words ".repeat(200_000);
        Run run = saysFew(prompt);
        AtomicLong room = new AtomicLong();
        TranscriptDraft few = new TranscriptDraft(sources, room::addAndGet, 2 << 20);
        TranscriptDraft enough = new TranscriptDraft(sources, bytes -> {}, 4 << 20);

        few.add(run, FrameSpan.WHOLE);
        enough.add(run, FrameSpan.WHOLE);

        assertEquals(List.of("few"), texts(few));
        assertTrue(few.isTruncated());
        assertTrue(few.hasRoom(), "it counts as a mebibyte");
        assertTrue(room.get() < TranscriptDraft.roomOf(1 << 20), () -> room + " bytes");
        assertEquals(List.of(prompt, "few"), texts(enough));
        assertFalse(enough.isTruncated());
    }

    /** Nobody else has it when the run's frames are gone. */
    @Test
    void keepsTheWholeRequestHoweverLong() throws Exception {
        String prompt = "many words ".repeat(200_000);
        Run run = saysFew(prompt);

        KeptMessages kept = new TranscriptDraft(sources, bytes -> {}, 1 << 20).kept(run);

        assertEquals(new Part.Text(prompt), kept.request().get(0).parts().get(0));
        assertTrue(kept.bytes() > kept.requestBytes() && kept.requestBytes() > prompt.length(), kept::toString);
        assertFalse(kept.truncated());
    }

    /** The bound is one on events there: what a run was asked is always found. */
    @Test
    void countsTheWholeRequestOfARunsContents() throws Exception {
        String prompt = "many words ".repeat(200_000);
        Run run = saysFew(prompt);
        AtomicLong room = new AtomicLong();

        RunContents contents = new TranscriptDraft(sources, room::addAndGet, 1 << 20).contents(run);

        assertEquals(new Part.Text(prompt), contents.parts().get(0).part());
        assertFalse(contents.truncated());
        assertTrue(room.get() >= TranscriptDraft.roomOf(prompt.length()), () -> room + " bytes");
    }

    private Run saysFew(String prompt) throws Exception {
        long pk = table().ended(record("{\"prompt\":\"" + prompt + "\"}", says("few")))
                .pk();
        return QuarkusTransaction.requiringNew().call(() -> Run.<Run>findById(pk));
    }

    private static List<String> texts(TranscriptDraft draft) {
        return draft.messages().stream()
                .map(message -> ((Part.Text) message.parts().get(0)).text())
                .toList();
    }

    /** Otherwise a thread of such runs would be read to its end, however long it is. */
    @Test
    void readsNoFurtherRunBehindManyEventsThatAreTooLong() throws Exception {
        String tooLong = "x".repeat(9 << 20);
        List<String> ids = List.of(
                record("{}", Script.stream("data: " + tooLong + "\n\n")),
                record("{}", Script.json(200, "{\"result\":\"" + tooLong + "\"}")));

        for (String id : ids) {
            long pk = table().ended(id).pk();
            Run run = QuarkusTransaction.requiringNew().call(() -> Run.<Run>findById(pk));
            // The run counts as a mebibyte.
            TranscriptDraft few = new TranscriptDraft(sources, bytes -> {}, 1 << 20);
            TranscriptDraft enough = new TranscriptDraft(sources, bytes -> {}, 2 << 20);
            few.add(run, FrameSpan.WHOLE);
            enough.add(run, FrameSpan.WHOLE);

            assertFalse(few.hasRoom());
            assertTrue(enough.hasRoom());
            assertTrue(enough.isTruncated());
        }
    }

    /** Otherwise a document would hold what it tells of each run of a thread, however many there are. */
    @Test
    void readsNoFurtherRunBehindManyRequestsThatAreTooLong() throws Exception {
        Run run = saysFew("many words ".repeat(200_000));
        TranscriptDraft few = new TranscriptDraft(sources, bytes -> {}, 1 << 20);
        TranscriptDraft enough = new TranscriptDraft(sources, bytes -> {}, 2 << 20);

        RunSection section = few.section(run, FrameSpan.WHOLE);
        enough.section(run, FrameSpan.WHOLE);

        // Its own response is told.
        assertEquals(1, section.said().size());
        assertFalse(few.hasRoom());
        assertTrue(enough.hasRoom());
    }

    /** The same of a run whose frames are gone. */
    @Test
    void readsNoFurtherRunBehindManyKeptRequestsThatAreTooLong() throws Exception {
        Run run = saysFew("x");
        KeptMessages kept = new KeptMessages(List.of(), List.of(), 3 << 20, 3 << 20, false);
        try (Connection connection = database.getConnection()) {
            KeptTranscripts.write(connection, Map.of(run.runPk, kept.json(json)));
        }
        run.framesExpiredAt = run.completedAt;
        TranscriptDraft few = new TranscriptDraft(sources, bytes -> {}, 1 << 20);
        TranscriptDraft enough = new TranscriptDraft(sources, bytes -> {}, 2 << 20);

        few.section(run, FrameSpan.WHOLE);
        enough.section(run, FrameSpan.WHOLE);

        assertFalse(few.hasRoom());
        assertTrue(enough.hasRoom());
    }

    @Test
    void countsWhatADocumentTellsOfARunItself() throws Exception {
        Run run = saysFew("few words");
        run.error = "{\"code\":\"e\",\"message\":\"" + "x".repeat(1 << 20) + "\"}";
        AtomicLong room = new AtomicLong();
        TranscriptDraft draft = new TranscriptDraft(sources, room::addAndGet, 1 << 20);

        draft.section(run, FrameSpan.WHOLE);

        assertFalse(draft.hasRoom());
        assertTrue(room.get() >= TranscriptDraft.roomOf(1 << 20), () -> room + " bytes");
    }

    /** Otherwise a run of such events alone would be read to its end, however long it is. */
    @Test
    void readsNoFurtherBehindManyEventsThatAreTooLong() throws Exception {
        String tooLong = "data: " + "x".repeat(9 << 20) + "\n\n";
        String id = record("{}", Script.stream(tooLong, tooLong, tooLong, "data: next\n\n"));
        long pk = table().ended(id).pk();

        // Each of them counts as two bytes.
        RunEvents few = new RunEvents(frames, pk, 1, 100, 16, 4, bytes -> {});
        RunEvents enough = new RunEvents(frames, pk, 1, 100, 16, 7, bytes -> {});

        assertFalse(few.iterator().hasNext());
        assertTrue(few.isTruncated());
        assertEquals("next", enough.iterator().next().data());
        assertTrue(enough.isTruncated());
    }

    @Test
    void tellsDeepArguments() throws Exception {
        String deep = "[".repeat(990) + "]".repeat(990);
        String id = record(
                "{}",
                Script.stream("event: tool_call\ndata: {\"toolCallId\":\"c\",\"name\":\"t\",\"arguments\":" + deep
                        + "}\n\n"));

        String transcript = history()
                .get("/runs/" + id + "/transcript")
                .then()
                .statusCode(200)
                .extract()
                .asString();

        assertTrue(transcript.contains("\"input\":" + deep), transcript);
    }

    @Test
    void aThreadWithoutATitleHasNone() throws Exception {
        record("{\"threadId\":\"" + thread + "\"}", says("x"));

        assertNull(json("/threads/" + thread + "/transcript").get("data.title"));
    }
}
