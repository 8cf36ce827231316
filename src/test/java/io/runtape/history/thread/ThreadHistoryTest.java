package io.runtape.history.thread;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.response.ValidatableResponse;
import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.DeletionFaults;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.RowLock;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Threads are found, listed, renamed, archived and deleted by those who made them. */
abstract class ThreadHistoryTest extends RecordedHistory {

    private static final Script TWO_EVENTS = Script.stream("data: 1\n\n: beat\n\ndata: 2\n\n");

    @Inject
    DeletionFaults faults;

    private String run(String threadId) throws Exception {
        return record("{\"agent\":\"coder\",\"threadId\":\"" + threadId + "\"}", TWO_EVENTS);
    }

    private List<String> ids(String target) {
        return json(target).getList("data.id", String.class);
    }

    @Test
    void showsAThread() throws Exception {
        run(thread);
        record("{\"threadId\":\"" + thread + "\"}", Script.json(500, "{}"));

        Json shown = json("/threads/" + thread);

        assertEquals(thread, shown.getString("data.id"));
        assertNull(shown.get("data.title"));
        assertEquals("coder", shown.getString("data.agent"));
        assertFalse(shown.getBoolean("data.archived"));
        assertEquals(2, shown.getLong("data.runCount"));
        assertEquals(2, shown.getLong("data.eventCount"));
        assertEquals("failed", shown.getString("data.lastRunStatus"));
        String timestamp = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z";
        assertTrue(shown.getString("data.createdAt").matches(timestamp));
        assertTrue(shown.getString("data.updatedAt").matches(timestamp));
        assertEquals(9, shown.getMap("data").size());
        assertEquals("no-store", history().get("/threads/" + thread).header("Cache-Control"));
    }

    @Test
    void countsTheEventsOfARunThatGoesOn() throws Exception {
        run(thread);
        try (LiveRun live = begin("{\"threadId\":\"" + thread + "\"}", "data: 1\n\n", ": beat\n\n")) {
            Json shown = json("/threads/" + thread);

            assertEquals(2, shown.getLong("data.runCount"));
            assertEquals(3, shown.getLong("data.eventCount"));
            assertEquals("running", shown.getString("data.lastRunStatus"));

            live.finish();

            assertEquals(3, json("/threads").getLong("data[0].eventCount"));
            assertEquals("completed", json("/threads").getString("data[0].lastRunStatus"));
        }
    }

    @Test
    void listsTheLatestFirst() throws Exception {
        List<String> threads = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            String id = "thr_" + UUID.randomUUID();
            threads.add(0, id);
            run(id);
        }
        run(threads.get(4));
        threads.add(0, threads.remove(4));

        assertEquals(threads, ids("/threads"));
        Json first = json("/threads?limit=2");
        Json second = json("/threads?limit=2&cursor=" + first.getString("meta.nextCursor"));
        Json third = json("/threads?limit=2&cursor=" + second.getString("meta.nextCursor"));
        List<String> paged = new ArrayList<>(first.getList("data.id"));
        paged.addAll(second.getList("data.id"));
        paged.addAll(third.getList("data.id"));
        assertEquals(threads, paged);
        assertTrue(second.getBoolean("meta.hasMore"));
        assertFalse(third.getBoolean("meta.hasMore"));
        assertEquals(2, first.getLong("data[0].runCount"));
    }

    @Test
    void filters() throws Exception {
        String other = "thr_" + UUID.randomUUID();
        run(thread);
        record("{\"agent\":\"writer\",\"threadId\":\"" + other + "\"}", TWO_EVENTS);
        change(other, "{\"archived\":true}").statusCode(200);
        String moved = json("/threads/" + other).getString("data.updatedAt");

        assertEquals(List.of(thread), ids("/threads?agent=coder"));
        assertEquals(List.of(other), ids("/threads?archived=true"));
        assertEquals(List.of(thread), ids("/threads?archived=false"));
        assertEquals(List.of(other, thread), ids("/threads"));
        assertEquals(List.of(other), ids("/threads?since=" + moved));
        assertEquals(List.of(thread), ids("/threads?until=" + moved));
        refused("/threads?archived=yes", 400, "invalid_request", "archived", "true, false");
        refused("/threads?q=-x", 400, "invalid_request", "q");
        refused("/threads?all=true", 403, "forbidden");
        refused("/threads?agent=%00", 400, "invalid_request", "agent");
        refused("/threads?cursor=MQ", 400, "invalid_request", "cursor");
    }

    @Test
    void listsTheRunsOfAThreadInOrder() throws Exception {
        List<String> runs = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            runs.add(run(thread));
        }
        run("thr_" + UUID.randomUUID());

        assertEquals(runs, ids("/threads/" + thread + "/runs"));
        Json first = json("/threads/" + thread + "/runs?limit=2");
        assertEquals(runs.subList(0, 2), first.getList("data.id"));
        assertTrue(first.getBoolean("meta.hasMore"));
        Json second = json("/threads/" + thread + "/runs?limit=2&cursor=" + first.getString("meta.nextCursor"));
        assertEquals(runs.subList(2, 3), second.getList("data.id"));
        assertFalse(second.getBoolean("meta.hasMore"));
        assertEquals("completed", first.getString("data[0].status"));
        refused("/threads/" + thread + "/runs?limit=0", 400, "invalid_request", "limit");
        refused("/threads/" + thread + "/runs?cursor=x", 400, "invalid_request", "cursor");
    }

    @Test
    void listsTheRunsOfAThreadAsLines() throws Exception {
        String lines = "application/x-ndjson";
        List<String> runs = new ArrayList<>();
        for (int i = 0; i < 53; i++) {
            runs.add(run(thread));
        }
        String target = "/threads/" + thread + "/runs";

        String response = history().accept(lines).get(target).asString();

        assertEquals(
                runs,
                response.lines().map(line -> Json.of(line).getString("id")).toList());
        refused(history().accept(lines).get(target + "?limit=1").then(), 400, "invalid_request", lines);
        refused(history().accept(lines).get("/threads/none/runs").then(), 404, "not_found");
        refused(history().accept("text/csv").get(target).then(), 406, "not_acceptable", lines);
    }

    private ValidatableResponse change(String id, String body) {
        return history()
                .contentType("application/json")
                .body(body)
                .patch("/threads/" + id)
                .then();
    }

    @Test
    void renamesAndArchives() throws Exception {
        run(thread);
        String moved = json("/threads/" + thread).getString("data.updatedAt");

        change(thread, "{\"title\":\"Fix the b\u00fcild \uD83D\uDE00\"}")
                .statusCode(200)
                .body("data.title", equalTo("Fix the b\u00fcild \uD83D\uDE00"))
                .body("data.archived", equalTo(false))
                .body("data.runCount", equalTo(1));
        change(thread, "{\"archived\":true}")
                .statusCode(200)
                .body("data.title", equalTo("Fix the b\u00fcild \uD83D\uDE00"))
                .body("data.archived", equalTo(true));
        run(thread);
        change(thread, "{\"title\":null,\"archived\":false}")
                .statusCode(200)
                .body("data.title", nullValue())
                .body("data.archived", equalTo(false))
                .body("data.runCount", equalTo(2));
        change(thread, "{}").statusCode(200).body("data.id", equalTo(thread));

        assertNull(json("/threads/" + thread).get("data.title"));
        assertTrue(json("/threads/" + thread).getString("data.updatedAt").compareTo(moved) > 0);
    }

    @Test
    void takesItsTitleFromTheFirstPrompt() throws Exception {
        run(thread);
        assertNull(title());
        record("{\"threadId\":\"" + thread + "\",\"prompt\":7}", TWO_EVENTS);
        assertNull(title());
        asked("  \\n\\t\\r\\n");
        assertNull(title());

        asked("\\n  \\r\\n\\tFix the b\u00fcild. \\r\\nThen run the tests.");
        asked("Another one.");

        assertEquals("Fix the b\u00fcild.", title());
        assertEquals("Fix the b\u00fcild.", json("/threads").getString("data[0].title"));
        assertEquals(
                "Fix the b\u00fcild.",
                json("/threads/" + thread + "/transcript").getString("data.title"));
    }

    @Test
    void cutsALongTitleBetweenCharacters() throws Exception {
        asked("x".repeat(119) + "\uD83D\uDE00" + "y");
        assertEquals("x".repeat(119) + "\uD83D\uDE00", title());

        String other = "thr_" + UUID.randomUUID();
        record(
                "{\"threadId\":\"" + other + "\",\"messages\":[{\"role\":\"user\",\"content\":\"\uD83D\uDE00"
                        + "x".repeat(118) + " y\"}]}",
                TWO_EVENTS);
        assertEquals("\uD83D\uDE00" + "x".repeat(118), json("/threads/" + other).getString("data.title"));
    }

    @Test
    void keepsTheNameThatAThreadWasGiven() throws Exception {
        run(thread);
        change(thread, "{\"title\":\"Named\"}").statusCode(200);
        asked("First.");
        asked("Second.");
        assertEquals("Named", title());

        change(thread, "{\"archived\":true}").statusCode(200).body("data.title", equalTo("Named"));
        change(thread, "{\"title\":\"\"}").statusCode(200).body("data.title", equalTo(""));
        change(thread, "{\"title\":null}").statusCode(200).body("data.title", equalTo("First."));
        assertEquals("First.", title());
    }

    @Test
    void leavesNothingOfADeletedPromptInTheTitle() throws Exception {
        String first = asked("The password is hunter2.");
        String second = asked("Go on.");
        String third = asked("Go on.");

        history().delete("/runs/" + second).then().statusCode(204);
        assertEquals("The password is hunter2.", title());
        history().delete("/runs/" + first).then().statusCode(204);
        assertEquals("Go on.", title());
        history().delete("/runs/" + third).then().statusCode(204);
        assertNull(title());

        String fourth = asked("Again.");
        change(thread, "{\"title\":\"Named\"}").statusCode(200);
        history().delete("/runs/" + fourth).then().statusCode(204);
        assertEquals("Named", title());
    }

    @Test
    void keepsANameThatIsALineOfADeletedPrompt() throws Exception {
        String run = asked("Release notes");
        asked("Go on.");
        change(thread, "{\"title\":\"Release notes\"}").statusCode(200);

        history().delete("/runs/" + run).then().statusCode(204);

        assertEquals("Release notes", title());
    }

    @Test
    void leavesNothingOfADeletedAgent() throws Exception {
        List<String> runs = new ArrayList<>();
        for (String agent : List.of("secret", "plain", "secret", "other")) {
            runs.add(record("{\"threadId\":\"" + thread + "\",\"agent\":\"" + agent + "\"}", TWO_EVENTS));
        }
        assertEquals("secret", json("/threads/" + thread).getString("data.agent"));

        history().delete("/runs/" + runs.get(0)).then().statusCode(204);
        assertEquals("secret", json("/threads/" + thread).getString("data.agent"), "of the third run");
        history().delete("/runs/" + runs.get(2)).then().statusCode(204);
        assertEquals("plain", json("/threads/" + thread).getString("data.agent"));
        assertEquals(List.of(thread), json("/threads?agent=plain").getList("data.id"));
        history().delete("/runs/" + runs.get(1)).then().statusCode(204);
        history().delete("/runs/" + runs.get(3)).then().statusCode(204);
        assertNull(json("/threads/" + thread).get("data.agent"));
    }

    /** A run of the test's thread that was asked this, written as in JSON. */
    private String asked(String prompt) throws Exception {
        return record("{\"threadId\":\"" + thread + "\",\"prompt\":\"" + prompt + "\"}", TWO_EVENTS);
    }

    private String title() {
        return json("/threads/" + thread).getString("data.title");
    }

    @Test
    void refusesOtherChanges() throws Exception {
        run(thread);

        refused(change(thread, "{\"agent\":\"x\"}"), 400, "invalid_request", "title and archived");
        refused(change(thread, "{\"title\":7}"), 400, "invalid_request", "title");
        refused(change(thread, "{\"title\":\"" + "x".repeat(501) + "\"}"), 400, "invalid_request", "title", "500");
        refused(change(thread, "{\"title\":\"a\\u0000b\"}"), 400, "invalid_request", "title");
        refused(change(thread, "{\"archived\":\"yes\"}"), 400, "invalid_request", "archived");
        refused(change(thread, "{\"title\":"), 400, "invalid_request", "line 1");
        refused(change(thread, "[]"), 400, "invalid_request", "object");
        refused(change(thread, ""), 400, "invalid_request", "object");
        refused(change(thread, "{\"title\":\"" + "x".repeat(100_000) + "\"}"), 413, "body_too_large");
        refused(change("thr_none", "{\"title\":\"x\"}"), 404, "not_found", "thread");
        history()
                .contentType("text/plain")
                .body("{}")
                .patch("/threads/" + thread)
                .then()
                .statusCode(415);
        assertNull(json("/threads/" + thread).get("data.title"));
    }

    @Test
    void deletesAThreadWithItsRuns() throws Exception {
        List<String> runs = List.of(run(thread), run(thread), run(thread));
        String kept = "thr_" + UUID.randomUUID();
        String keptRun = run(kept);

        history().delete("/threads/" + thread).then().statusCode(204);

        refused("/threads/" + thread, 404, "not_found", "thread");
        for (String run : runs) {
            refused("/runs/" + run, 404, "not_found", "run");
            assertEquals(0, table().frames(run).size());
        }
        assertEquals(List.of(kept), ids("/threads"));
        assertEquals(List.of(keptRun), ids("/runs"));
        refused(history().delete("/threads/" + thread).then(), 404, "not_found");
    }

    @Test
    void deletesTheThreadsThatAFilterSelects() throws Exception {
        List<String> runs = List.of(run(thread), run(thread));
        String kept = "thr_" + UUID.randomUUID();
        String keptRun = run(kept);
        history()
                .contentType("application/json")
                .body("{\"archived\":true}")
                .patch("/threads/" + thread)
                .then()
                .statusCode(200);

        assertEquals(1, deleted("/threads?archived=true&dryRun=true").getLong("data.count"));
        refused(history().delete("/threads?archived=true&expect=2").then(), 409, "unexpected_count");
        refused(history().delete("/threads?expect=1").then(), 400, "invalid_request", "needs a filter");
        try (LiveRun live = begin("{\"threadId\":\"" + thread + "\"}", "data: 1\n\n")) {
            Json counted = deleted("/threads?archived=true&dryRun=true");
            assertEquals(1, counted.getLong("data.count"));
            assertEquals(1, counted.getLong("data.running"));
            refused(
                    history().delete("/threads?archived=true&expect=1").then(),
                    409,
                    "run_active",
                    "1 of the selected runs or threads is still running.");
            live.finish();
        }

        assertEquals(1, deleted("/threads?archived=true&expect=1").getLong("data.count"));

        refused("/threads/" + thread, 404, "not_found", "thread");
        for (String run : runs) {
            refused("/runs/" + run, 404, "not_found", "run");
        }
        assertEquals(List.of(kept), ids("/threads"));
        assertEquals(List.of(keptRun), ids("/runs"));
    }

    @Test
    void keepsAThreadInWhichSomethingIsDoneBeforeItsTurn() throws Exception {
        run(thread);
        String second = "thr_" + UUID.randomUUID();
        String locked = run(second);
        String first = "thr_" + UUID.randomUUID();
        run(first);
        CompletableFuture<Json> deletion;
        try (RowLock lock = RowLock.onRun(store(), table().key(locked))) {
            deletion = CompletableFuture.supplyAsync(() -> deleted("/threads?agent=coder&expect=3"));
            RunTable.await("the first one is deleted", () -> {
                int status = history().get("/threads/" + first).statusCode();
                return status == 404 ? true : null;
            });
            run(thread);
        }

        assertEquals(2, deletion.get().getLong("data.count"));
        assertEquals(List.of(thread), ids("/threads"));
        assertEquals(2, json("/threads/" + thread).getLong("data.runCount"));
    }

    @Test
    void keepsARunThatBeginsAndEndsWhileItsThreadIsDeleted() throws Exception {
        String first = run(thread);
        String locked = run(thread);
        CompletableFuture<Json> deletion;
        String later;
        try (RowLock lock = RowLock.onRun(store(), table().key(locked))) {
            deletion = CompletableFuture.supplyAsync(() -> deleted("/threads?agent=coder&expect=1"));
            RunTable.await("the first run is deleted", () -> {
                int status = history().get("/runs/" + first).statusCode();
                return status == 404 ? true : null;
            });
            later = run(thread);
        }

        assertEquals(0, deletion.get().getLong("data.count"));
        assertEquals(List.of(later), ids("/threads/" + thread + "/runs"));
    }

    private Json deleted(String target) {
        return Json.of(history().delete(target).then().statusCode(200).extract().asString());
    }

    /** Of more runs than a deletion reads at a time. */
    @Test
    void deletesTheOtherRunsWhereSomeAreDamaged() throws Exception {
        List<Long> damaged = new ArrayList<>();
        try {
            for (int i = 0; i < 101; i++) {
                damaged.add(table().key(run(thread)));
            }
            run(thread);
            String other = "thr_" + UUID.randomUUID();
            run(other);
            damaged.forEach(runPk -> faults.damage(runPk, true));

            refused(history().delete("/threads/" + thread).then(), 500, "internal_error", "101 of the runs");
            assertEquals(101, json("/threads/" + thread).getLong("data.runCount"));
            refused(
                    history().delete("/threads?agent=coder&expect=2").then(),
                    500,
                    "internal_error",
                    "1 of the 2 selected",
                    "1 of the others is deleted");
            assertEquals(List.of(thread), ids("/threads"));
        } finally {
            damaged.forEach(runPk -> faults.damage(runPk, false));
        }
        history().delete("/threads/" + thread).then().statusCode(204);
    }

    @Test
    void keepsAThreadOfWhichARunGoesOn() throws Exception {
        String ended = run(thread);
        try (LiveRun live = begin("{\"threadId\":\"" + thread + "\"}", "data: 1\n\n")) {
            refused(history().delete("/threads/" + thread).then(), 409, "run_active");

            assertEquals(List.of(ended, live.id()), ids("/threads/" + thread + "/runs"));
            live.finish();

            history().delete("/threads/" + thread).then().statusCode(204);
        }
    }

    @Test
    void goesOnWithADeletedThreadAnew() throws Exception {
        run(thread);
        run(thread);
        history().delete("/threads/" + thread).then().statusCode(204);

        String again = run(thread);

        assertEquals(List.of(again), ids("/threads/" + thread + "/runs"));
        assertEquals(1, json("/threads/" + thread).getLong("data.runCount"));
    }

    @Test
    void keepsTheThreadsOfTwoOwnersApart() throws Exception {
        String mine = run(thread);
        String other = "rt_test_" + UUID.randomUUID();

        for (String target : List.of("", "/runs", "/events", "/transcript")) {
            refused(historyOf(other).get("/threads/" + thread + target).then(), 404, "not_found");
        }
        refused(historyOf(other).delete("/threads/" + thread).then(), 404, "not_found");
        refused(
                historyOf(other)
                        .contentType("application/json")
                        .body("{}")
                        .patch("/threads/" + thread)
                        .then(),
                404,
                "not_found");
        refused(historyOf("").get("/threads").then(), 401, "unauthorized");
        assertEquals(List.of(mine), ids("/threads/" + thread + "/runs"));
    }

    @Test
    void hasNoSuchThread() {
        for (String id : List.of("thr_none", "%00", "a%00b", "x".repeat(3000))) {
            for (String target : List.of("", "/runs", "/events", "/transcript")) {
                refused("/threads/" + id + target, 404, "not_found");
            }
            refused(history().delete("/threads/" + id).then(), 404, "not_found");
        }
    }
}
