package io.runtape.history.thread;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.access.Owner;
import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The newest runs of threads are the same on both databases. */
abstract class ThreadRunsTest extends RecordedHistory {

    private static final Script DONE = Script.stream("event: run_completed\ndata: {}\n\n");

    private static final Pattern TIME = Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d+Z");

    private static final Duration PATIENCE = Duration.ofMinutes(10);

    @Inject
    ThreadRuns runs;

    /** The words are in as many runs that each page looks at the runs of its threads, and there first at their newest 500. */
    @Test
    void findsAThreadByARunThatHundredsOfOthersCameAfter() throws Exception {
        String other = "thr_" + UUID.randomUUID();
        String run = record("{\"prompt\":\"Look\",\"threadId\":\"" + thread + "\"}", DONE);
        List<String> exported = exported("/runs/" + run);
        StringBuilder archive = new StringBuilder(exported.get(0));
        String lines =
                String.join("", exported.subList(1, exported.size() - 1)).replaceFirst("\"check\":\"[^\"]*\",", "");
        for (int i = 0; i < 1700; i++) {
            boolean isOther = i > 0 && i <= 1100;
            String result = i <= 1100 ? "\"common zebra\"" : "null";
            int later = i;
            String times = TIME.matcher(lines)
                    .replaceAll(time ->
                            Instant.parse(time.group()).plusMillis(later).toString());
            archive.append(times.replace(run, run + "-" + i)
                    .replace(thread, isOther ? other : thread)
                    .replace("\"result\":null", "\"result\":" + result)
                    .replace("\"ordinal\":1,", "\"ordinal\":" + (i + 1) + ","));
        }
        history().delete("/threads/" + thread).then().statusCode(204);
        history()
                .contentType("application/x-ndjson")
                .body(archive.toString().getBytes(UTF_8))
                .post("/import")
                .then()
                .statusCode(200)
                .body("data.imported", equalTo(1700));

        RunTable.await(
                "all are indexed",
                PATIENCE,
                () -> json("/stats").getList("data.runs").equals(List.of(1700)) ? true : null);

        Json found = json("/threads?q=zebra%20common");
        assertEquals(List.of(thread, other), found.getList("data.id"));
        assertEquals(run + "-0", found.getString("data[0].highlight[0].runId"));
        assertEquals(run + "-1100", found.getString("data[1].highlight[0].runId"));
        findsThreadsBehindNewerOnes(List.of(thread, other));
    }

    /** Threads that began after all runs with the words are passed, unless somebody gave them a name with the words. */
    private void findsThreadsBehindNewerOnes(List<String> withTheWords) throws Exception {
        String named = "thr_" + UUID.randomUUID();
        record("{\"prompt\":\"Look\",\"threadId\":\"" + named + "\"}", DONE);
        record("{\"prompt\":\"Look\",\"threadId\":\"thr_" + UUID.randomUUID() + "\"}", DONE);
        history()
                .contentType("application/json")
                .body("{\"title\":\"A zebra that is common\"}")
                .patch("/threads/" + named)
                .then()
                .statusCode(200);

        List<String> all = new ArrayList<>(List.of(named));
        all.addAll(withTheWords);
        assertEquals(all, json("/threads?q=zebra%20common").getList("data.id"));
        assertEquals(
                all.subList(0, 2), json("/threads?q=zebra%20common&limit=2").getList("data.id"));
        assertEquals(List.of(), json("/threads?q=zebra%20common&archived=true").getList("data.id"));
        assertEquals(all, json("/threads?q=zebra%20common&archived=false").getList("data.id"));
    }

    /** The lines of an archive, the first and the last of which are of no run. */
    private List<String> exported(String target) {
        return history()
                .accept("application/x-ndjson")
                .get(target)
                .then()
                .statusCode(200)
                .extract()
                .asString()
                .lines()
                .map(line -> line + "\n")
                .toList();
    }

    /** Runs were deleted or imported: so many have joined the thread, and few of them are there. */
    @Test
    void findsTheNewestOfAThreadWithGaps() throws Exception {
        List<Long> recorded = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            recorded.add(0, table().key(record("{\"threadId\":\"" + thread + "\"}", DONE)));
        }
        try (Connection connection = store().connect();
                PreparedStatement gap =
                        connection.prepareStatement("update thread set last_ordinal = 2000 where id = ?")) {
            gap.setString(1, thread);
            assertEquals(1, gap.executeUpdate());
        }
        Owner owner = new Owner(json("/runs?limit=1").getString("data[0].owner"));

        List<ThreadRuns.RunOf> newest = runs.newestOf(owner, List.of(thread, "none"));

        assertEquals(recorded, newest.stream().map(ThreadRuns.RunOf::runPk).toList());
        assertEquals(
                List.of(thread, thread, thread),
                newest.stream().map(ThreadRuns.RunOf::threadId).toList());
    }
}
