package io.runtape.history.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.LargeTables;
import io.runtape.testsupport.Script;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The frames of a thread are those of its runs, one run after the other. */
abstract class ThreadEventsTest extends RecordedHistory {

    private static final String LINES = "application/x-ndjson";

    private String run(String... data) throws Exception {
        StringBuilder stream = new StringBuilder();
        for (String each : data) {
            stream.append("event: ")
                    .append(each.charAt(0))
                    .append("\ndata: ")
                    .append(each)
                    .append("\n\n");
        }
        return record("{\"threadId\":\"" + thread + "\"}", Script.stream(stream.toString()));
    }

    private static long position(long ordinal, long sequence) {
        return (ordinal << 32) + sequence;
    }

    private List<String> data(String target) {
        return json(target).getList("data.data", String.class);
    }

    @Test
    void countsSequencesThroughTheThread() throws Exception {
        String first = run("a1", "b2");
        String second = run("a3");

        Json page = json("/threads/" + thread + "/events");

        assertEquals(
                List.of(position(1, 1), position(1, 2), position(2, 1)), page.getList("data.sequence", Long.class));
        assertEquals(List.of("a1", "b2", "a3"), page.getList("data.data"));
        assertEquals(List.of(first, first, second), page.getList("data.runId"));
        assertFalse(page.getBoolean("meta.hasMore"));
    }

    @Test
    void goesOnFromRunToRun() throws Exception {
        run("a1", "b2", "a3");
        run();
        run("b4");
        run("a5", "b6");
        String events = "/threads/" + thread + "/events";
        List<String> all = List.of("a1", "b2", "a3", "b4", "a5", "b6");

        for (int limit = 1; limit <= 7; limit++) {
            assertEquals(all, paged(events + "?limit=" + limit), "limit " + limit);
            List<String> back = new ArrayList<>(all);
            Collections.reverse(back);
            assertEquals(back, paged(events + "?order=desc&limit=" + limit), "limit " + limit);
        }
        assertEquals(List.of("a1", "a3", "a5"), paged(events + "?type=a&limit=1"));
        assertEquals(List.of("b6", "b4", "b2"), paged(events + "?type=b&limit=2&order=desc"));
        assertEquals(List.of("a3", "b4", "a5", "b6"), data(events + "?after=" + position(1, 2)));
        assertEquals(List.of("b4", "a5", "b6"), data(events + "?after=" + position(1, 3)));
        assertEquals(List.of("a5", "b6"), data(events + "?after=" + position(3, 1)));
        assertEquals(List.of("b6", "a5", "b4"), data(events + "?order=desc&after=" + position(1, 3)));
        assertEquals(List.of(), data(events + "?after=" + position(4, 2)));
    }

    private List<String> paged(String target) {
        List<String> all = new ArrayList<>();
        String cursor = "";
        for (boolean more = true; more; ) {
            Json page = json(target + cursor);
            all.addAll(page.getList("data.data", String.class));
            more = page.getBoolean("meta.hasMore");
            cursor = "&cursor=" + page.getString("meta.nextCursor");
        }
        return all;
    }

    @Test
    void refusesAPositionPastTheLast() throws Exception {
        run("a1", "b2");
        run("a3");
        String events = "/threads/" + thread + "/events";

        refused(events + "?after=" + position(2, 2), 400, "unknown_sequence", Long.toString(position(2, 1)));
        refused(events + "?after=" + position(1, 3), 400, "unknown_sequence", Long.toString(position(1, 2)));
        refused(events + "?after=" + position(3, 0), 400, "unknown_sequence", Long.toString(position(2, 1)));
        refused(events + "?after=1", 400, "unknown_sequence");
        refused(events + "?after=" + Long.MAX_VALUE, 400, "unknown_sequence");
        refused(events + "?after=x", 400, "invalid_request", "after");
        refused(history().accept(LINES).get(events + "?after=" + position(2, 2)).then(), 400, "unknown_sequence");
        refused(history().accept(LINES).get(events + "?limit=2").then(), 400, "invalid_request", "limit");
        refused(events + "?verbatim=true", 400, "invalid_request", "verbatim", "text/event-stream");
    }

    @Test
    void passesOverARunThatWasDeleted() throws Exception {
        run("a1");
        String second = run("a2", "b3");
        run("a4");
        history().delete("/runs/" + second).then().statusCode(204);
        String events = "/threads/" + thread + "/events";

        assertEquals(List.of("a1", "a4"), data(events));
        assertEquals(List.of("a4"), data(events + "?after=" + position(2, 2)));
    }

    @Test
    void holdsLaterRunsBackUntilTheEarlierHasEnded() throws Exception {
        run("a1");
        String events = "/threads/" + thread + "/events";
        try (LiveRun live = begin("{\"threadId\":\"" + thread + "\"}", "data: live\n\n")) {
            run("a2");

            assertEquals(List.of("a1", "live"), data(events));
            assertFalse(json(events).getBoolean("meta.hasMore"));
            assertEquals(List.of("live", "a1"), data(events + "?order=desc"));
            assertEquals(2, lines(events).length);

            live.finish();

            assertEquals(List.of("a1", "live", "a2"), data(events));
            assertEquals(List.of("a2"), data(events + "?after=" + position(2, 1)));
        }
    }

    @Test
    void servesAllAsLines() throws Exception {
        run("a1", "b2");
        run("a3", "b4", "a5");
        String events = "/threads/" + thread + "/events";

        String[] lines = lines(events);

        assertEquals(5, lines.length);
        assertTrue(lines[4].contains("\"sequence\":" + position(2, 3)), lines[4]);
        assertEquals(3, lines(events + "?type=a").length);
        assertEquals(2, lines(events + "?after=" + position(2, 1)).length);
    }

    private String[] lines(String target) {
        return history()
                .accept(LINES)
                .get(target)
                .then()
                .statusCode(200)
                .extract()
                .asString()
                .split("\n");
    }

    @Test
    void hasNoEventsInAThreadWithoutRuns() throws Exception {
        String run = run("a1");
        history().delete("/runs/" + run).then().statusCode(204);

        assertEquals(List.of(), data("/threads/" + thread + "/events"));
        assertEquals(
                "",
                history().accept(LINES).get("/threads/" + thread + "/events").asString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"thr_long", "thr_1"})
    void findsItsRunsByAnIndex(String of) throws SQLException {
        String quoted = "'" + of + "'";
        // By the thread, or by what is live.
        LargeTables.requireIndex(
                store(), LargeTables.with(FrameQueries.FIRST_RUNNING, "'o'", quoted), "runtape.", "index scan");
        for (String order : List.of("", " desc")) {
            LargeTables.requireOrder(
                    store(),
                    LargeTables.with(FrameQueries.RUN_OF_THREAD.formatted(order), "'o'", quoted, "1", "9000"),
                    "owner = 'o'",
                    "run_owner_thread_id_thread_ordinal_key");
        }
    }
}
