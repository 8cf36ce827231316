package io.runtape.history.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalDataSource;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.runtape.access.Owner;
import io.runtape.facet.RunCriteria;
import io.runtape.facet.RunOrder;
import io.runtape.facet.Trait.Kind;
import io.runtape.history.ListFilter;
import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.DeletionFaults;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;

/** Runs are found, listed and deleted by those who made them. */
abstract class RunHistoryTest extends RecordedHistory {

    private static final String TIMESTAMP = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z";

    private static final String LINES = "application/x-ndjson";

    private static final Script COMPLETED = Script.stream(
            "event: run_started\ndata: {}\n\n",
            ": beat\n\n",
            "event: run_completed\n"
                    + "data: {\"result\":\"All green.\",\"usage\":{\"inputTokens\":3,\"outputTokens\":5},\"iterations\":2}\n\n");

    @Inject
    DeletionFaults faults;

    @Inject
    RunPages pages;

    @Inject
    AgroalDataSource readers;

    /** A small response needs no room, but a connection. */
    @Test
    void waitsForRoomWithoutAConnection() throws Exception {
        String id = record("{\"agent\":\"roomy\",\"threadId\":\"" + thread + "\"}", COMPLETED);
        Owner owner = new Owner(json("/runs/" + id).getString("data.owner"));
        RunPages.Bounds bounds = RunPages.Bounds.ofPage(50);
        LongAdder waits = new LongAdder();
        LongConsumer room = bytes -> {
            waits.increment();
            assertTrue(bytes > 0);
            // In another thread: this one would get the connection of its own transaction, if it had one.
            CompletableFuture.runAsync(this::takeAllConnections).join();
        };

        for (RunCriteria criteria :
                List.of(new RunCriteria(owner), new RunCriteria(owner).anyOf(Kind.AGENT, List.of("roomy")))) {
            RunSelection selection = new RunSelection(ALL, criteria.created(Optional.empty(), ListFilter.LATEST));
            RunPages.Found found = pages.page(selection, RunOrder.NEWEST, Optional.empty(), bounds, room);
            assertEquals(List.of(id), found.runs().stream().map(run -> run.id).toList());
        }
        assertEquals(
                1, pages.ofThread(owner, thread, 0, 10, bounds, room).rows().size());
        assertEquals(3, waits.sum());
    }

    private static final RunFilter ALL = Filters.of(
            new ListFilter(List.of(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty()));

    /** Fails if somebody holds one for long. */
    private void takeAllConnections() {
        List<Connection> taken = new ArrayList<>();
        try {
            int all = readers.getConfiguration().connectionPoolConfiguration().maxSize();
            while (taken.size() < all) {
                taken.add(readers.getConnection());
            }
        } catch (SQLException e) {
            throw new AssertionError(taken.size() + " connections are free", e);
        } finally {
            taken.forEach(RunHistoryTest::close);
        }
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void showsARunAsItWasRecorded() throws Exception {
        String id = record(
                "{\"agent\":\"coder\",\"prompt\":\"Run the tests.\",\"threadId\":\"" + thread + "\","
                        + "\"metadata\":{\"ticket\":7},\"config\":{\"maxTurns\":3}}",
                COMPLETED);

        Response response = history().get("/runs/" + id);

        assertEquals("private, no-cache", response.header("Cache-Control"));
        Json run = Json.of(response.then().statusCode(200).extract().asString());
        assertEquals(id, run.getString("data.id"));
        assertEquals(thread, run.getString("data.threadId"));
        assertEquals("coder", run.getString("data.agent"));
        assertEquals("/v1/run", run.getString("data.path"));
        assertEquals("completed", run.getString("data.status"));
        assertNull(run.get("data.reason"));
        assertTrue(run.getBoolean("data.stream"));
        assertEquals("Run the tests.", run.getString("data.prompt"));
        assertEquals(7, run.getInt("data.metadata.ticket"));
        assertEquals(3, run.getInt("data.config.maxTurns"));
        assertEquals("All green.", run.getString("data.result"));
        assertEquals(5, run.getInt("data.usage.outputTokens"));
        assertEquals(2, run.getInt("data.iterations"));
        assertNull(run.get("data.error"));
        assertEquals(200, run.getInt("data.upstreamStatus"));
        assertNull(run.get("data.upstreamRunId"));
        assertTrue(run.getString("data.owner").startsWith("c-"));
        assertEquals(2, run.getLong("data.eventCount"));
        assertEquals(3, run.getLong("data.frameCount"));
        assertEquals(table().bytes(id).length, run.getLong("data.byteCount"));
        assertEquals(3, run.getLong("data.lastSequence"));
        Instant created = timestamp(run, "data.createdAt");
        Instant first = timestamp(run, "data.firstEventAt");
        Instant completed = timestamp(run, "data.completedAt");
        assertEquals(Duration.between(created, completed).toMillis(), run.getLong("data.durationMs"));
        assertEquals(Duration.between(created, first).toMillis(), run.getLong("data.timeToFirstEventMs"));
        assertNull(run.get("data.model"));
        assertNull(run.get("data.finishReason"));
        assertEquals("default", run.getString("data.upstream"));
        assertEquals(31, run.getMap("data").size());
    }

    private static Instant timestamp(Json json, String path) {
        String text = json.getString(path);
        assertTrue(text.matches(TIMESTAMP), text);
        return Instant.parse(text);
    }

    @Test
    void listsRunsToWhoMayReadThem() {
        assertEquals("", history().accept(LINES).head("/runs").asString());
        refused(history().accept("text/csv").get("/runs").then(), 406, "not_acceptable", LINES, "application/json");
        refused(historyOf("").accept(LINES).get("/runs").then(), 401, "unauthorized");
    }

    @Test
    void leavesNullWhatIsNotKnown() throws Exception {
        String id = record("{}", Script.json(503, "{\"error\":{\"code\":\"busy\",\"message\":\"Later.\"}}"));

        Json run = json("/runs/" + id);

        assertEquals("failed", run.getString("data.status"));
        assertEquals("upstream_error", run.getString("data.reason"));
        assertEquals(503, run.getInt("data.upstreamStatus"));
        assertFalse(run.getBoolean("data.stream"));
        for (String field : List.of("agent", "prompt", "result", "usage", "iterations", "upstreamRunId")) {
            assertTrue(run.getMap("data").containsKey(field), field);
            assertNull(run.get("data." + field), field);
        }
        assertEquals(0, run.getMap("data.metadata").size());
    }

    @Test
    void findsARunByTheIdItHasUpstream() throws Exception {
        String upstreamId = "up-" + UUID.randomUUID();
        Script named = named(upstreamId);
        String first = record("{}", named);
        assertEquals(first, json("/runs/" + upstreamId).getString("data.id"));

        String second = record("{}", named);

        assertNotEquals(first, second);
        assertEquals(second, json("/runs/" + upstreamId).getString("data.id"));
        assertEquals(upstreamId, json("/runs/" + first).getString("data.upstreamRunId"));
        assertEquals(second, json("/runs/" + upstreamId + "/events").getString("data[0].runId"));
    }

    /** Two ids that differ only after more characters than a column keeps, and a name that is as long. */
    @Test
    void findsARunByALongIdAndAgent() throws Exception {
        String begun = "up-" + UUID.randomUUID() + "x".repeat(300);
        String agent = "a".repeat(250);
        String first = record("{\"agent\":\"" + agent + "\"}", named(begun + "1"));
        String second = record("{}", named(begun + "2"));

        assertEquals(first, json("/runs/" + begun + "1").getString("data.id"));
        assertEquals(second, json("/runs/" + begun + "2").getString("data.id"));
        refused("/runs/" + begun, 404, "not_found");
        assertEquals(200, json("/runs/" + first).getString("data.upstreamRunId").length());
        assertEquals(List.of(first), ids("/runs?agent=" + agent));
    }

    private static Script named(String upstreamId) {
        return exchange -> exchange.streamHead("X-Run-ID: " + upstreamId)
                .chunk("data: x\n\n")
                .end();
    }

    @Test
    void showsARunThatGoesOnByItsFrames() throws Exception {
        try (LiveRun live = begin("{\"prompt\":\"go on\"}", "event: run_started\ndata: {}\n\n", ": beat\n\n")) {
            Json run = json("/runs/" + live.id());

            assertEquals("running", run.getString("data.status"));
            assertEquals(1, run.getLong("data.eventCount"));
            assertEquals(2, run.getLong("data.frameCount"));
            assertEquals(2, run.getLong("data.lastSequence"));
            assertEquals(table().bytes(live.id()).length, run.getLong("data.byteCount"));
            assertNull(run.get("data.completedAt"));
            assertNull(run.get("data.durationMs"));
            assertNotNull(run.get("data.firstEventAt"));
            assertNotNull(run.get("data.timeToFirstEventMs"));
            assertEquals("running", json("/runs").getString("data[0].status"));
            assertEquals(2, json("/runs").getLong("data[0].frameCount"));

            live.finish();

            assertEquals("completed", json("/runs/" + live.id()).getString("data.status"));
            assertEquals(2, json("/runs/" + live.id()).getLong("data.frameCount"));
            assertEquals("completed", json("/runs").getString("data[0].status"));
        }
    }

    @Test
    void showsARunWithoutFramesYet() throws Exception {
        try (LiveRun live = begin("{}")) {
            Json run = json("/runs/" + live.id());

            assertEquals(0, run.getLong("data.frameCount"));
            assertNull(run.get("data.firstEventAt"));
            assertNull(run.get("data.timeToFirstEventMs"));
        }
    }

    @Test
    void listsTheNewestFirstInPagesThatNewRunsDoNotMove() throws Exception {
        List<String> recorded = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            recorded.add(0, record("{}", COMPLETED));
        }

        List<String> listed = new ArrayList<>();
        String cursor = "";
        boolean more = true;
        while (more) {
            Json page = json("/runs?limit=2" + cursor);
            listed.addAll(page.getList("data.id", String.class));
            more = page.getBoolean("meta.hasMore");
            assertEquals(more, page.get("meta.nextCursor") != null);
            assertNotNull(page.getString("meta.requestId"));
            cursor = "&cursor=" + page.getString("meta.nextCursor");
            record("{\"agent\":\"late\"}", COMPLETED);
        }

        assertEquals(recorded, listed);
        assertEquals(8, json("/runs").getList("data").size());
        assertFalse(json("/runs").getBoolean("meta.hasMore"));
    }

    @Test
    void filters() throws Exception {
        String coder = record("{\"agent\":\"coder\",\"threadId\":\"" + thread + "\"}", COMPLETED);
        String failed = record("{\"agent\":\"writer\"}", Script.json(500, "{}"));
        String writer = record("{\"agent\":\"writer\"}", COMPLETED);
        String second = json("/runs/" + failed).getString("data.createdAt");
        long millis = Instant.parse(second).toEpochMilli();

        assertEquals(List.of(coder), ids("/runs?agent=coder"));
        assertEquals(List.of(), ids("/runs?agent=CODER"));
        assertEquals(List.of(failed), ids("/runs?status=failed"));
        assertEquals(List.of(writer), ids("/runs?status=completed&agent=writer"));
        assertEquals(List.of(coder), ids("/runs?threadId=" + thread));
        assertEquals(List.of(writer, failed), ids("/runs?since=" + second));
        assertEquals(List.of(coder), ids("/runs?until=" + second));
        assertEquals(List.of(writer, failed), ids("/runs?since=" + second.replace("Z", "%2B00:00")));
        assertEquals(List.of(writer, failed), ids("/runs?since=" + second.replace("Z", "+00:00")));
        assertTrue(ids("/runs?since=" + millis).containsAll(List.of(writer, failed)));
        assertEquals(List.of(), ids("/runs?since=" + (System.currentTimeMillis() + 60_000)));
        assertEquals(List.of(), ids("/runs?until=2020-01-01"));
        assertEquals(List.of(), ids("/runs?until=2020-01-01T00:00:00"));
        assertEquals(3, ids("/runs?since=2020-01-01T00:00:00.123456Z&all=false").size());
    }

    private List<String> ids(String target) {
        return json(target).getList("data.id", String.class);
    }

    @Test
    void namesTheParameterThatItRefuses() throws Exception {
        refused("/runs?status=done", 400, "invalid_request", "status", "running, completed, failed, cancelled");
        refused("/runs?limit=0", 400, "invalid_request", "limit", "1 to 500");
        refused("/runs?limit=501", 400, "invalid_request", "limit");
        refused("/runs?limit=99999999999999999999", 400, "invalid_request", "limit");
        refused("/runs?limit=ten", 400, "invalid_request", "limit");
        refused("/runs?limit=", 400, "invalid_request", "limit");
        refused("/runs?limit=1&limit=2", 400, "invalid_request", "limit", "once");
        refused("/runs?since=yesterday", 400, "invalid_request", "since", "ISO 8601");
        refused("/runs?until=%2B999999999-01-01T00:00:00Z", 400, "invalid_request", "until");
        refused("/runs?until=999999999999999", 400, "invalid_request", "until");
        refused("/runs?cursor=nonsense", 400, "invalid_request", "cursor");
        refused("/runs?agent=%00", 400, "invalid_request", "agent", "U+0000");
        refused("/runs?threadId=a%00b", 400, "invalid_request", "threadId");
        refused("/runs?q=-tests", 400, "invalid_request", "q", "must occur");
        refused("/runs?all=true", 403, "forbidden", "admin");
        refused("/runs?all=perhaps", 400, "invalid_request", "all");
        refused("/runs?owner=c-1", 403, "forbidden", "admin");
    }

    @Test
    void takesNoSecondsForMilliseconds() {
        refused("/runs?since=1767225600", 400, "invalid_request", "since", "1767225600000", "2026-01-01T00:00:00Z");
        refused("/runs?until=99999999999", 400, "invalid_request", "until", "99999999999000");
        refused("/threads?until=-86400", 400, "invalid_request", "until", "-86400000", "1969-12-31T00:00:00Z");
        assertEquals(List.of(), ids("/runs?since=0"));
        assertEquals(List.of(), ids("/runs?since=100000000000"));
    }

    @Test
    void refusesTheCursorOfAnotherListing() throws Exception {
        record("{\"threadId\":\"" + thread + "\"}", COMPLETED);
        record("{\"threadId\":\"" + thread + "\"}", COMPLETED);

        String cursor = json("/runs?limit=1").getString("meta.nextCursor");

        refused("/threads?cursor=" + cursor, 400, "invalid_request", "cursor");
        refused("/threads/" + thread + "/runs?cursor=" + cursor, 400, "invalid_request", "cursor");
        refused("/threads/" + thread + "/events?cursor=" + cursor, 400, "invalid_request", "cursor");
    }

    @Test
    void hasNoSuchRun() {
        for (String id : List.of("run_none", "%00", "run_%00", "a%2Fb", "x".repeat(3000))) {
            refused("/runs/" + id, 404, "not_found", "run");
            refused("/runs/" + id + "/events", 404, "not_found");
            refused("/runs/" + id + "/request", 404, "not_found");
            refused("/runs/" + id + "/transcript", 404, "not_found");
            refused(history().delete("/runs/" + id).then(), 404, "not_found");
        }
    }

    @Test
    void hidesRunsFromOthers() throws Exception {
        String id = record("{}", COMPLETED);
        String other = "rt_test_" + UUID.randomUUID();

        for (String target : List.of("", "/events", "/request", "/transcript")) {
            refused(historyOf(other).get("/runs/" + id + target).then(), 404, "not_found");
        }
        refused(historyOf(other).delete("/runs/" + id).then(), 404, "not_found");
        historyOf(other).get("/runs").then().statusCode(200).body("data.size()", equalTo(0));
        refused(historyOf("").get("/runs/" + id).then(), 401, "unauthorized");
        refused(historyOf("").get("/runs").then(), 401, "unauthorized");
        assertEquals(id, json("/runs/" + id).getString("data.id"));
    }

    @Test
    void givesTheRequestBackByteForByte() throws Exception {
        String small = "{ \"prompt\" : \"sm\\u00e5ll\",\r\n\t\"n\":1.50 }";
        String large = "{\"prompt\":\"" + "long ".repeat(10_000) + "\"}";
        String smallId = record(small, COMPLETED);
        String largeId = record(large, COMPLETED);

        Response response = history().get("/runs/" + smallId + "/request");

        assertArrayEquals(small.getBytes(UTF_8), response.asByteArray());
        assertEquals("application/json", response.contentType());
        assertEquals("no-store", response.header("Cache-Control"));
        assertEquals("nosniff", response.header("X-Content-Type-Options"));
        assertArrayEquals(
                large.getBytes(UTF_8),
                history()
                        .accept("text/html")
                        .get("/runs/" + largeId + "/request")
                        .asByteArray());
        assertFalse(response.headers().toString().contains(key));
    }

    @Test
    void deletesARunThatHasEnded() throws Exception {
        String id = record("{\"threadId\":\"" + thread + "\"}", COMPLETED);
        RunRow row = table().run(id);

        assertEquals(
                "",
                history().delete("/runs/" + id).then().statusCode(204).extract().asString());

        refused("/runs/" + id, 404, "not_found");
        assertNull(table().run(id));
        assertEquals(0, table().frames(id).size());
        assertEquals(List.of(), ids("/runs"));
        assertEquals(0, json("/threads/" + thread).getLong("data.runCount"));
        refused(history().delete("/runs/" + id).then(), 404, "not_found");
        assertEquals(0, framesOf(row.pk()));
    }

    @Test
    void deletesFramesBeforeItLocksRowsOfOthers() throws Exception {
        String id = record("{}", COMPLETED);
        long runPk = table().key(id);
        assertNotEquals(0, framesOf(runPk));

        history().delete("/runs/" + id).then().statusCode(204);

        assertEquals(0L, faults.blocksLeft(runPk));
    }

    @Test
    void deletesARunAlthoughOthersAreInTheWay() throws Exception {
        String id = record("{}", COMPLETED);
        faults.conflict(table().key(id), 3);

        history().delete("/runs/" + id).then().statusCode(204);

        refused("/runs/" + id, 404, "not_found");
    }

    @Test
    void deletesARunTogetherWithTheThreadThatItLeavesEmpty() throws Exception {
        String id = record("{\"agent\":\"alone\",\"threadId\":\"" + thread + "\"}", COMPLETED);
        faults.fail(thread, true);
        refused(history().delete("/runs?agent=alone&expect=1").then(), 503, "store_unavailable");
        assertEquals(List.of(id), ids("/runs"));
        assertFalse(table().frames(id).isEmpty());
        faults.fail(thread, false);

        assertEquals(1, deleted("/runs?agent=alone&expect=1").getLong("data.count"));

        assertEquals(List.of(), ids("/runs"));
        refused("/threads/" + thread, 404, "not_found");
    }

    private long framesOf(long runPk) throws Exception {
        try (var connection = store().connect();
                var select = connection.prepareStatement("select count(*) from block where run_pk = ?")) {
            select.setLong(1, runPk);
            try (var row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    @Test
    void keepsARunThatGoesOn() throws Exception {
        try (LiveRun live = begin("{}", "data: x\n\n")) {
            refused(history().delete("/runs/" + live.id()).then(), 409, "run_active");

            assertEquals(
                    1, json("/runs/" + live.id() + "/events").getList("data").size());
            live.finish();

            history().delete("/runs/" + live.id()).then().statusCode(204);
        }
    }

    @Test
    void deletesWhatAFilterSelects() throws Exception {
        String named = "{\"agent\":\"gone\",\"threadId\":\"" + thread + "\"}";
        List<String> gone = List.of(record(named, COMPLETED), record(named, COMPLETED));
        String kept = record("{\"agent\":\"kept\"}", COMPLETED);
        String others = "rt_other_" + UUID.randomUUID();
        try (WireResponse other = client().post(
                        "/v1/run",
                        "{\"agent\":\"gone\"}",
                        "X-API-Key: " + others,
                        upstream.on(COMPLETED).header())) {
            other.readAll();
        }

        Json counted = deleted("/runs?agent=gone&dryRun=true");
        assertEquals(2, counted.getLong("data.count"));
        assertEquals(0, counted.getLong("data.running"));
        assertEquals(3, ids("/runs").size());
        refused(
                history().delete("/runs?agent=gone&expect=3").then(),
                409,
                "unexpected_count",
                "selects 2",
                "expect is 3");
        assertEquals(3, ids("/runs").size());

        assertEquals(2, deleted("/runs?agent=gone&expect=2").getLong("data.count"));

        assertEquals(List.of(kept), ids("/runs"));
        for (String id : gone) {
            refused("/runs/" + id, 404, "not_found");
            assertEquals(0, table().frames(id).size());
        }
        refused("/threads/" + thread, 404, "not_found");
        assertEquals(1, json(others, "/runs").getList("data").size());
        assertEquals(0, deleted("/runs?agent=gone&expect=0").getLong("data.count"));
    }

    /** Its name and its tickets are those of a thread that goes on. */
    @Test
    void keepsTheThreadThatARunIsAboutToJoin() throws Exception {
        answersAfterTheDeletionOfTheOtherRunOfItsThread();

        awaitNoSparedThread();
        assertEquals("Mine", json("/threads/" + thread).getString("data.title"));
        assertEquals(1, json("/threads/" + thread).getInt("data.runCount"));
    }

    /** A filter has left it to be looked at. */
    @Test
    void keepsTheThreadWhoseLastRunIsDeletedById() throws Exception {
        String joined = answersAfterTheDeletionOfTheOtherRunOfItsThread();

        history().delete("/runs/" + joined).then().statusCode(204);

        awaitNoSparedThread();
        assertEquals("Mine", json("/threads/" + thread).getString("data.title"));
        assertEquals(0, json("/threads/" + thread).getInt("data.runCount"));
    }

    /** A call names the thread, and its response another one. */
    @Test
    void leavesNoEmptyThreadBehindARunThatJoinsAnotherOne() throws Exception {
        String joined = "thr_" + UUID.randomUUID();

        answersAfterTheDeletionOfTheOtherRunOfItsThread("X-Thread-ID: " + joined);

        RunTable.await(
                "the thread is gone", () -> history().get("/threads/" + thread).statusCode() == 404 ? true : null);
        assertEquals(List.of(joined), ids("/threads"));
        assertEquals(1, json("/threads/" + joined).getInt("data.runCount"));
        awaitNoSparedThread();
    }

    private void awaitNoSparedThread() throws Exception {
        RunTable.await("no thread is spared any more", () -> {
            try (Connection connection = store().connect();
                    PreparedStatement select =
                            connection.prepareStatement("select 1 from spared_thread where thread_id = ?")) {
                select.setString(1, thread);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? null : true;
                }
            }
        });
    }

    /** Its owner keeps it: it has its name, though no run. */
    @Test
    void keepsAnEmptyThreadThatARunLeaves() throws Exception {
        String named = "{\"threadId\":\"" + thread + "\"}";
        String only = record(named, COMPLETED);
        assertEquals(204, history().delete("/runs/" + only).statusCode());

        record(
                named,
                exchange -> exchange.streamHead("X-Thread-ID: thr_" + UUID.randomUUID())
                        .chunk("data: x\n\n")
                        .end());

        assertEquals(0, json("/threads/" + thread).getInt("data.runCount"));
    }

    @Test
    void keepsAThreadWithRunsThatAnotherRunLeaves() throws Exception {
        String named = "{\"threadId\":\"" + thread + "\"}";
        String stays = record(named, COMPLETED);

        record(
                named,
                exchange -> exchange.streamHead("X-Thread-ID: thr_" + UUID.randomUUID())
                        .chunk("data: x\n\n")
                        .end());

        assertEquals(List.of(stays), ids("/threads/" + thread + "/runs"));
    }

    /** Returns the id of the run that answers. */
    private String answersAfterTheDeletionOfTheOtherRunOfItsThread(String... responseHeaders) throws Exception {
        record("{\"agent\":\"gone\",\"threadId\":\"" + thread + "\"}", COMPLETED);
        history()
                .contentType(ContentType.JSON)
                .body("{\"title\":\"Mine\"}")
                .patch("/threads/" + thread)
                .then()
                .statusCode(200);
        CountDownLatch answers = new CountDownLatch(1);
        Scripted later = upstream.on(exchange -> {
            assertTrue(answers.await(1, TimeUnit.MINUTES));
            exchange.streamHead(responseHeaders).chunk("data: x\n\n").end();
        });
        CompletableFuture<WireResponse> call = CompletableFuture.supplyAsync(() -> {
            try {
                return client().post(
                                "/v1/run", "{\"threadId\":\"" + thread + "\"}", "X-API-Key: " + key, later.header());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        later.call();

        assertEquals(1, deleted("/runs?agent=gone&expect=1").getLong("data.count"));
        assertEquals(0, json("/threads/" + thread).getInt("data.runCount"));
        answers.countDown();
        try (WireResponse response = call.get(1, TimeUnit.MINUTES)) {
            response.whole();
            return response.header("Runtape-Run-Id");
        }
    }

    @Test
    void deletesNothingByAFilterWithARunThatGoesOn() throws Exception {
        String ended = record("{}", COMPLETED);
        try (LiveRun live = begin("{}", "data: x\n\n")) {
            Json counted = deleted("/runs?since=2020-01-01&dryRun=true");
            assertEquals(2, counted.getLong("data.count"));
            assertEquals(1, counted.getLong("data.running"));
            String filter = "/runs?since=2020-01-01";
            refused(
                    history().delete(filter + "&expect=2").then(),
                    409,
                    "run_active",
                    "1 of the selected runs or threads is");
            try (LiveRun another = begin("{}", "data: x\n\n")) {
                refused(
                        history().delete(filter + "&expect=3").then(),
                        409,
                        "run_active",
                        "2 of the selected runs or threads are");
                another.finish();
                history().delete("/runs/" + another.id()).then().statusCode(204);
            }
            assertEquals(List.of(live.id(), ended), ids("/runs"));

            assertEquals(1, deleted("/runs?status=completed&expect=1").getLong("data.count"));

            assertEquals(List.of(live.id()), ids("/runs"));
            live.finish();
        }
    }

    @Test
    void deletesNothingWithoutAFilterOrACount() {
        refused(history().delete("/runs?dryRun=true").then(), 400, "invalid_request", "needs a filter");
        refused(history().delete("/runs?expect=0").then(), 400, "invalid_request", "needs a filter");
        refused(history().delete("/runs").then(), 400, "invalid_request", "needs a filter");
        refused(history().delete("/runs?agent=a").then(), 400, "invalid_request", "dryRun=true", "expect");
        refused(
                history().delete("/runs?agent=a&dryRun=true&expect=1").then(),
                400,
                "invalid_request",
                "dryRun=true",
                "expect");
        refused(history().delete("/runs?agent=a&expect=many").then(), 400, "invalid_request", "expect");
        refused(history().delete("/runs?agnet=a&expect=0").then(), 400, "invalid_request", "agent");
        refused(history().delete("/runs?agent=a&expect=0&limit=1").then(), 400, "invalid_request", "limit");
        refused(history().delete("/runs?agent=a&expect=0&all=true").then(), 403, "forbidden");
        refused(historyOf("").delete("/runs?agent=a&expect=0").then(), 401, "unauthorized");
    }

    private Json deleted(String target) {
        return Json.of(history().delete(target).then().statusCode(200).extract().asString());
    }

    @Test
    void servesJsonAlone() throws Exception {
        String id = record("{}", COMPLETED);

        history().accept("text/html").get("/runs").then().statusCode(406).body("error.code", equalTo("not_acceptable"));
        history().accept("text/html").get("/runs/" + id).then().statusCode(406);
        history()
                .post("/runs/" + id)
                .then()
                .statusCode(405)
                .body("error.code", equalTo("method_not_allowed"))
                .body("error.message", containsString("POST"));
    }

    @Test
    void endsAPageOfLongRunsEarly() throws Exception {
        String prompt = "p".repeat(1 << 20);
        List<String> recorded = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            recorded.add(0, record("{\"prompt\":\"" + prompt + "\"}", COMPLETED));
        }

        Json page = json("/runs");
        Json rest = json("/runs?cursor=" + page.getString("meta.nextCursor"));

        assertEquals(recorded.subList(0, 4), page.getList("data.id"));
        assertTrue(page.getBoolean("meta.hasMore"));
        assertEquals(recorded.subList(4, 5), rest.getList("data.id"));
        assertFalse(rest.getBoolean("meta.hasMore"));
    }
}
