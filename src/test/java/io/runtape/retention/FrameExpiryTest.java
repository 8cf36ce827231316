package io.runtape.retention;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.history.IndexedHistory;
import io.runtape.run.ThreadPosition;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.PatientConnection;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run whose frames are deleted is still told, and says that they are gone. */
abstract class FrameExpiryTest extends IndexedHistory {

    private static final List<String> FORMS = List.of("application/json", "text/markdown", "text/html");

    private static final String STREAM = "text/event-stream";
    private static final String LINES = "application/x-ndjson";

    static final Script SPOKEN = Script.stream(": beat\n\nevent: run_started\ndata: {}\n\n"
            + "event: reasoning_delta\ndata: {\"delta\":\"hm\"}\n\n"
            + "event: assistant_message_delta\ndata: {\"delta\":\"I w\\u00e4ll \"}\n\n"
            + "event: assistant_message_delta\ndata: {\"delta\":\"run them <b>.\"}\n\n"
            + "event: tool_call\ndata: {\"toolCallId\":\"c1\",\"name\":\"shell\","
            + "\"arguments\":{\"cmd\":\"make\",\"n\":[1,2.50,1e3,12345678901234567890,null,true]}}\n\n"
            + "event: tool_result\ndata: {\"toolCallId\":\"c1\",\"output\":\"ok\\n\",\"exitCode\":0}\n\n"
            + "event: tool_call\ndata: {\"toolCallId\":\"c2\",\"name\":\"look\",\"arguments\":{}}\n\n"
            + "event: tool_result\ndata: {\"toolCallId\":\"c2\",\"output\":{\"a\":[{}]},\"isError\":true}\n\n"
            + "event: file_changed\ndata: {\"path\":\"a/b\",\"action\":\"created\"}\n\n"
            + "event: run_completed\ndata: {\"result\":\"Green.\"}\n\n");

    @Inject
    FrameExpiry expiry;

    final void expire(String id) throws Exception {
        RunTable.RunRow run = table().ended(id);
        try (Connection connection = store().connect()) {
            // While the run is indexed its row is locked, and left to the next look.
            Map<Long, Long> gone = RunTable.await("its frames expire", () -> {
                Map<Long, Long> now = expireNow(connection, List.of(run.pk()));
                return now.isEmpty() ? null : now;
            });
            assertEquals(Map.of(run.pk(), run.frames()), gone);
            Told again = new Told();
            expiry.expire(connection, List.of(run.pk()), again);
            assertEquals(Map.of(), again.gone);
            assertEquals(Set.of(run.pk()), again.goneBefore);
        }
        assertEquals(0, table().frames(id).size());
    }

    private Map<Long, Long> expireNow(Connection connection, List<Long> runs) throws Exception {
        Told told = new Told();
        expiry.expire(connection, runs, told);
        assertEquals(Map.of(), told.failures);
        return told.gone;
    }

    /** What it tells of its progress. */
    static final class Told implements FrameExpiry.Progress {

        final Map<Long, Long> gone = new HashMap<>();
        private final Set<Long> goneBefore = new HashSet<>();
        final Map<Long, RuntimeException> failures = new HashMap<>();
        private int rests;
        private boolean stopping;

        @Override
        public void framesGone(long runPk, long frames) {
            gone.put(runPk, frames);
        }

        @Override
        public void framesGoneBefore(long runPk) {
            goneBefore.add(runPk);
        }

        @Override
        public void transcriptFailed(long runPk, RuntimeException why) {
            failures.put(runPk, why);
        }

        @Override
        public void rest() {
            rests++;
        }

        @Override
        public boolean isStopping() {
            return stopping;
        }
    }

    private String transcript(String of, String form) {
        return history()
                .accept(form)
                .get(of + "/transcript")
                .then()
                .statusCode(200)
                .extract()
                .asString();
    }

    private List<String> transcripts(String... of) {
        return List.of(of).stream()
                .flatMap(each -> FORMS.stream().map(form -> transcript(each, form)))
                .toList();
    }

    private String conversation(String... words) {
        StringBuilder body = new StringBuilder("{\"threadId\":\"" + thread + "\",\"messages\":[");
        for (int i = 0; i < words.length; i++) {
            body.append(i == 0 ? "" : ",")
                    .append("{\"role\":\"")
                    .append(i % 2 == 0 ? "user" : "assistant")
                    .append("\",\"content\":\"")
                    .append(words[i])
                    .append("\"}");
        }
        return body.append("]}").toString();
    }

    @Test
    void tellsTheSameInEachForm() throws Exception {
        String first = record(conversation("one?"), SPOKEN);
        String second = record(conversation("one?", "I wäll run them <b>.", "two?"), SPOKEN);
        String whole = record(
                "{\"prompt\":\"Hi\",\"stream\":false,\"threadId\":\"" + thread + "\"}",
                Script.json(200, "{\"data\":{\"status\":\"completed\",\"result\":\"Hello.\"}}"));
        String failed = record(
                "{\"prompt\":\"no\",\"threadId\":\"" + thread + "\"}",
                Script.json(500, "{\"error\":{\"code\":\"x\",\"message\":\"broken\"}}"));
        String[] all = {"/runs/" + first, "/runs/" + second, "/runs/" + whole, "/runs/" + failed, "/threads/" + thread};
        List<String> before = transcripts(all);

        expire(first);
        assertEquals(before, transcripts(all));

        expire(second);
        expire(whole);
        expire(failed);
        assertEquals(before, transcripts(all));
        assertTrue(before.get(0).contains("\"tool_result\""), before.get(0));
    }

    /** JSON spells half of a surrogate pair as an escape, and UTF-8 has no other form of it. */
    @Test
    void keepsHalvesOfSurrogatePairs() throws Exception {
        String half = "{\"a\\udc00\":[\"\\ud83d\",\"\\ud83d\\ude00\"]}";
        String many = "{\\\"a\\\":\\\"\\ud83d\\\",\\\"b\\\":[" + "1,".repeat(60_000) + "1]}";
        Script stream = Script.stream(
                "event: tool_call\ndata: {\"toolCallId\":\"c\",\"name\":\"t\\ud83d\",\"arguments\":" + half
                        + "}\n\nevent: tool_result\ndata: {\"toolCallId\":\"c\",\"output\":" + half
                        + "}\n\nevent: tool_call\ndata: {\"toolCallId\":\"d\",\"name\":\"t\",\"arguments\":\"" + many
                        + "\"}\n\nevent: assistant_message\ndata: {\"content\":\"surrogatehalf \\ud83d\"}"
                        + "\n\nevent: run_completed\ndata: {\"result\":" + half + "}\n\n");
        String first = record("{\"threadId\":\"" + thread + "\",\"prompt\":\"\\ud83d\"}", stream);
        String second = record("{\"threadId\":\"" + thread + "\",\"prompt\":\"\\ude00\"}", stream);
        awaitIndexed(first);
        awaitIndexed(second);
        String[] all = {"/runs/" + first, "/runs/" + second, "/threads/" + thread};
        List<String> before = transcripts(all);

        Json told = json(all[0] + "/transcript");
        assertEquals(
                List.of("\ud83d", "\ud83d\ude00"),
                told.getMap("data.messages[1].parts[0].input").get("a\udc00"));
        Json diff = json(all[0] + "/diff?with=" + second);
        assertEquals(List.of("\ud83d", "\ude00"), diff.getList("data.request.messages[0].text.operations.text"));
        history()
                .accept("text/html")
                .get(all[0] + "/diff?with=" + second)
                .then()
                .statusCode(200);
        assertEquals(List.of(second, first), json("/runs?q=surrogatehalf").getList("data.id"));
        for (String lines : List.of("/runs", all[0], all[0] + "/events", all[2])) {
            history().accept(LINES).get(lines).then().statusCode(200);
        }
        expire(first);
        expire(second);
        assertEquals(before, transcripts(all));
    }

    @Test
    void expiresSeveralAtOnceButNotWhatIsLocked() throws Exception {
        Script spokenLong = Script.stream("event: assistant_message_delta\ndata: {\"delta\":\""
                + "x".repeat(FrameExpiry.TRANSCRIPT_BYTES) + "\"}\n\nevent: run_completed\ndata: {}\n\n");
        List<String> ids =
                List.of(record("{}", SPOKEN), record("{}", spokenLong), record("{}", SPOKEN), record("{}", SPOKEN));
        List<RunTable.RunRow> runs = new ArrayList<>();
        for (String id : ids) {
            runs.add(table().ended(id));
            awaitIndexed(id);
        }
        List<String> before = transcripts(ids.stream().map(id -> "/runs/" + id).toArray(String[]::new));
        try (Connection connection = store().connect();
                Connection other = store().connect();
                Statement lock = other.createStatement()) {
            other.setAutoCommit(false);
            lock.execute("select 1 from run where run_pk = " + runs.get(2).pk() + " for update");
            List<Long> all = runs.stream().map(RunTable.RunRow::pk).toList();
            Told told = new Told();
            told.stopping = true;
            expiry.expire(connection, all, told);
            assertEquals(Set.of(), told.gone.keySet());
            told.stopping = false;
            expiry.expire(connection, all, told);
            assertEquals(Set.of(all.get(0), all.get(1), all.get(3)), told.gone.keySet());
            assertEquals(runs.get(0).frames(), told.gone.get(all.get(0)));
            assertEquals(2, told.rests, "the long transcript ends a transaction");
            other.rollback();
            assertEquals(Set.of(all.get(2)), expireNow(connection, all).keySet());
        }
        for (String id : ids) {
            assertEquals(0, table().frames(id).size());
        }
        assertEquals(before, transcripts(ids.stream().map(id -> "/runs/" + id).toArray(String[]::new)));
    }

    @Test
    void leavesOutWhatCannotBeRead() throws Exception {
        String stream = record("{}", SPOKEN);
        String whole = record(
                "{\"stream\":false}", Script.json(200, "{\"data\":{\"status\":\"completed\",\"result\":\"Hello.\"}}"));
        String sound = record("{}", SPOKEN);
        List<Long> runs = new ArrayList<>();
        for (String id : List.of(stream, whole, sound)) {
            runs.add(table().ended(id).pk());
            awaitIndexed(id);
        }
        try (Connection connection = store().connect();
                Statement change = connection.createStatement()) {
            String damaged = " where run_pk in (" + runs.get(0) + "," + runs.get(1) + ")";
            change.execute("create table sound_block as select * from block" + damaged);
            change.execute("update block set content = cast('?' as bytea)" + damaged);
            Told told = new Told();
            expiry.expire(connection, runs, told);
            assertEquals(Set.of(runs.get(2)), told.gone.keySet());
            assertEquals(Set.of(runs.get(0), runs.get(1)), told.failures.keySet());
            told.failures.values().forEach(why -> assertFalse(Retention.mayPass(why), why::toString));

            change.execute("delete from block" + damaged);
            change.execute("insert into block select * from sound_block");
            change.execute("drop table sound_block");
            assertEquals(
                    Set.of(runs.get(0), runs.get(1)),
                    expireNow(connection, runs).keySet());
        }
    }

    @Test
    void leavesOutWhatCannotBeKept() throws Exception {
        List<Long> runs = new ArrayList<>();
        for (String id : List.of(record("{}", SPOKEN), record("{}", SPOKEN), record("{}", SPOKEN))) {
            runs.add(table().ended(id).pk());
            awaitIndexed(id);
        }
        try (Connection connection = store().connect();
                Statement change = connection.createStatement()) {
            change.execute(
                    "alter table kept_transcript add constraint refuses_it check (run_pk <> " + runs.get(1) + ")");
            Told told = new Told();
            try {
                expiry.expire(connection, runs, told);
            } finally {
                change.execute("alter table kept_transcript drop constraint refuses_it");
            }
            assertEquals(Set.of(runs.get(0), runs.get(2)), told.gone.keySet());
            assertEquals(Set.of(runs.get(1)), told.failures.keySet());
            assertFalse(Retention.mayPass(told.failures.get(runs.get(1))));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"request", "events", "events?order=desc", "replay", "replay?speed=max"})
    void refusesWhatIsGone(String part) throws Exception {
        String id = record("{\"threadId\":\"" + thread + "\"}", SPOKEN);
        Json before = json("/runs/" + id);
        expire(id);

        refused("/runs/" + id + "/" + part, 410, "frames_expired", "transcript");

        Json run = json("/runs/" + id);
        assertNotNull(run.getString("data.framesExpiredAt"));
        assertEquals("Green.", run.getString("data.result"));
        assertEquals(before.getLong("data.frameCount"), run.getLong("data.frameCount"));
        assertEquals(before.getString("data.digest"), run.getString("data.digest"));
    }

    @Test
    void refusesTimesOfAThreadThatHasLostFrames() throws Exception {
        String first = record("{\"threadId\":\"" + thread + "\"}", SPOKEN);
        record("{\"threadId\":\"" + thread + "\"}", SPOKEN);
        String replay = "/threads/" + thread + "/replay?speed=max&";
        history().get(replay + "from=1s").then().statusCode(200);
        expire(first);

        refused(replay + "from=1s", 410, "frames_expired");
        refused(replay + "after=" + (2L << 32) + "&to=1s", 410, "frames_expired");
        history().get(replay + "after=" + (2L << 32)).then().statusCode(200);
    }

    @Test
    void comparesWhatIsLeft() throws Exception {
        String body = "{\"prompt\":\"Hi\",\"threadId\":\"" + thread + "\",\"config\":{\"depth\":%d}}";
        String first = record(body.formatted(1), SPOKEN);
        String second = record(body.formatted(2), SPOKEN);
        String diff = "/runs/" + first + "/diff?with=" + second;
        Json before = json(diff);
        assertEquals(List.of("config"), before.getList("data.request.members.name"));
        expire(first);

        Json after = json(diff);

        assertTrue(after.getBoolean("data.text.equal") && after.getBoolean("data.toolCalls.equal"), after.toString());
        assertEquals(List.of("same", "same"), after.getList("data.toolCalls.pairs.change"));
        assertEquals(List.of("same"), after.getList("data.request.messages.change"));
        assertNull(after.get("data.request.members"));
        assertNull(after.get("data.toolCalls.pairs[0].first.startedMs"));
        assertNull(after.get("data.toolCalls.pairs[0].first.sequence"));
        assertNotNull(after.get("data.toolCalls.pairs[0].second.startedMs"));
        assertEquals(before.getString("data.text.operations"), after.getString("data.text.operations"));
        assertEquals(before.getLong("data.time.durationMs.first"), after.getLong("data.time.durationMs.first"));
        history().accept("text/html").get(diff).then().statusCode(200);
    }

    @Test
    void refusesStreamsOfWhatIsGone() throws Exception {
        String id = record("{}", SPOKEN);
        long last = table().ended(id).lastSequence();
        expire(id);

        String events = "/runs/" + id + "/events";
        for (String parameters : List.of("", "?verbatim=true", "?from=snapshot", "?after=3")) {
            refused(history().accept(STREAM).get(events + parameters).then(), 410, "frames_expired");
        }
        refused(history().accept(LINES).get(events).then(), 410, "frames_expired");
        refused(events + "?after=" + (last + 1), 400, "unknown_sequence");
        history()
                .accept(STREAM)
                .header("Last-Event-ID", last)
                .get(events)
                .then()
                .statusCode(204);
        refused("/runs/" + id + "/transcript?to=2", 410, "frames_expired");
        history().get("/runs/" + id + "/transcript?to=" + last).then().statusCode(200);
    }

    /** An archive does not undo what retention did; who wants that deletes the run. */
    @Test
    void comesBackFromAnArchiveOnlyIfItIsDeleted() throws Exception {
        String id = record(conversation("kept elsewhere?"), SPOKEN);
        byte[] archive =
                history().accept(LINES).get("/runs/" + id).then().extract().asByteArray();
        expire(id);

        assertTrue(imported(archive).startsWith("{\"data\":{\"imported\":0,\"skipped\":1,"));
        refused("/runs/" + id + "/events", 410, "frames_expired");

        history().delete("/runs/" + id).then().statusCode(204);
        assertTrue(imported(archive).startsWith("{\"data\":{\"imported\":1,\"skipped\":0,"));
        json("/runs/" + id + "/events");
    }

    /** Of a run whose gateway was lost nobody knows the digest until it is packed, and then its frames may be gone. */
    @Test
    void makesTheDigestOfARunThatWasNotPacked() throws Exception {
        String id = record(conversation("lost?"), SPOKEN);
        byte[] archive =
                history().accept(LINES).get("/runs/" + id).then().extract().asByteArray();
        String digest = json("/runs/" + id).getString("data.digest");
        changeRow(id, "digest = null");
        expire(id);

        assertEquals(digest, json("/runs/" + id).getString("data.digest"));
        assertTrue(imported(archive).startsWith("{\"data\":{\"imported\":0,\"skipped\":1,"));

        // As earlier versions left it.
        changeRow(id, "digest = null");
        String summary = imported(archive);
        assertTrue(summary.startsWith("{\"data\":{\"imported\":0,\"skipped\":0,\"conflicts\":1,"), summary);
        assertTrue(summary.contains("have expired, and its digest was never known"), summary);
    }

    private void changeRow(String id, String values) throws Exception {
        try (Connection connection = PatientConnection.to(store());
                Statement change = connection.createStatement()) {
            long pk = table().ended(id).pk();
            assertEquals(1, change.executeUpdate("update run set " + values + " where run_pk = " + pk));
        }
    }

    private String imported(byte[] archive) throws Exception {
        try (WireResponse response =
                client().send("POST", "/history/v1/import", archive, "X-API-Key: " + key, "Content-Type: " + LINES)) {
            return new String(response.readAll(), UTF_8);
        }
    }

    @Test
    void goesAroundWhatIsGoneInAThread() throws Exception {
        String two = "{\"threadId\":\"" + thread + "\"}";
        Script script = Script.stream("data: 1\n\n", "data: 2\n\n");
        record(two, script);
        String gone = record(two, script);
        record(two, script);
        expire(gone);
        String events = "/threads/" + thread + "/events";
        long behind = ThreadPosition.base(2) + 2;

        Json page = json(events);
        assertEquals(
                List.of(ThreadPosition.base(1) + 1, ThreadPosition.base(1) + 2),
                page.getList("data.sequence", Long.class));
        assertTrue(page.getBoolean("meta.hasMore"));
        String cursor = page.getString("meta.nextCursor");
        refused(events + "?cursor=" + cursor, 410, "frames_expired", "after=" + behind);
        assertEquals(2, json(events + "?after=" + behind).getList("data").size());
        Json newest = json(events + "?order=desc&limit=2");
        assertEquals(2, newest.getList("data").size());
        refused(history().accept(LINES).get(events).then(), 410, "frames_expired", "after=" + behind);
        assertEquals(
                2,
                history()
                        .accept(LINES)
                        .get(events + "?after=" + behind)
                        .asString()
                        .lines()
                        .count());
        refused(history().accept(STREAM).get(events).then(), 410, "frames_expired", "after=" + behind);
        refused("/threads/" + thread + "/replay?speed=max", 410, "frames_expired");
        refused(events + "?after=" + (behind + 1), 400, "unknown_sequence");
        refused("/threads/" + thread + "/transcript?to=" + (behind - 1), 410, "frames_expired");
        history().get("/threads/" + thread + "/transcript?to=" + behind).then().statusCode(200);
    }

    @Test
    void tailsAThreadBehindWhatIsGone() throws Exception {
        String gone = record("{\"threadId\":\"" + thread + "\"}", Script.stream("data: 1\n\n"));
        expire(gone);
        record("{\"threadId\":\"" + thread + "\"}", Script.stream("data: next\n\n"));
        String after = "data: next\nid: " + (ThreadPosition.base(2) + 1) + "\n\n";

        try (WireResponse tail = client().get(
                        "/history/v1/threads/" + thread + "/events?after=" + (ThreadPosition.base(1) + 1),
                        "X-API-Key: " + key,
                        "Accept: " + STREAM)) {
            assertEquals(200, tail.status());
            assertEquals(after, new String(tail.readUpTo(after.length()), ISO_8859_1));
        }
    }

    @Test
    void repeatsNoResponseThatIsGone() throws Exception {
        String named = "Idempotency-Key: " + thread;
        expire(record("{}", SPOKEN, named));

        try (WireResponse repeat = client().post(
                        "/v1/run",
                        "{}",
                        "X-API-Key: " + key,
                        named,
                        upstream.on(SPOKEN).header())) {
            assertEquals(410, repeat.status());
            assertTrue(new String(repeat.readAll(), ISO_8859_1).contains("\"frames_expired\""));
        }
    }

    @Test
    void leavesNothingOfARunThatIsDeletedLater() throws Exception {
        String secret = "secret-" + thread;
        String id = record(
                "{\"prompt\":\"" + secret + "\",\"threadId\":\"" + thread + "\"}",
                Script.stream("data: {\"type\":\"text\",\"text\":\"" + secret + "\"}\n\n"));
        expire(id);
        assertTrue(isThere(secret));

        history().delete("/threads/" + thread).then().statusCode(204);

        assertFalse(isThere(secret));
        assertEquals(0, kept());
    }

    private boolean isThere(String secret) throws Exception {
        return table().everything().stream().anyMatch(value -> new String(value, ISO_8859_1).contains(secret));
    }

    private long kept() throws Exception {
        try (Connection connection = store().connect();
                var select = connection.prepareStatement(
                        "select count(*) from kept_transcript where run_pk not in" + " (select run_pk from run)");
                var row = select.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }
}
