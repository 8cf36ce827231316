package io.runtape.history.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.response.ValidatableResponse;
import io.runtape.history.IndexedHistory;
import io.runtape.testsupport.DeletionFaults;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.RowLock;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import jakarta.inject.Inject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs are found by what they are, alone and together, sorted and page by page, before they are indexed and after. */
abstract class RunFilterTest extends IndexedHistory {

    private static final Script WITH_TOOL = Script.stream(
            "event: tool_call\ndata: {\"toolCallId\":\"c1\",\"name\":\"shell\",\"arguments\":{\"cmd\":\"make\"}}\n\n",
            "event: tool_result\ndata: {\"toolCallId\":\"c1\",\"result\":\"ok\"}\n\n",
            "event: run_completed\ndata: {\"result\":\"Done.\",\"usage\":{\"inputTokens\":30,\"outputTokens\":5}}\n\n");

    private static final Script COMPLETED = Script.stream("event: run_completed\ndata: {\"result\":\"Done.\"}\n\n");

    private static final Script BUSY = Script.json(503, "{\"error\":{\"code\":\"busy\",\"message\":\"Later.\"}}");

    private static final String METADATA =
            "\"metadata\":{\"branch\":\"main\",\"ticket\":7.0,\"at\":1764083099.724404123,\"urgent\":true,\"deep\":{\"er\":{\"key\":\"a b\"}},"
                    + "\"tags\":[\"x\",\"y\"],\"none\":null,\"exact\":0."
                    + "1000000000000000055511151231257827021181583404541015625}";

    @Inject
    DeletionFaults faults;

    @Test
    void findsRunsByEachFilterBeforeAndAfterTheyAreIndexed() throws Exception {
        String coder = record(
                "{\"agent\":\"coder\",\"model\":\"m-1\",\"threadId\":\"" + thread + "\"," + METADATA + "}", WITH_TOOL);
        String failed = record("{\"agent\":\"writer\",\"metadata\":{\"branch\":\"dev\",\"ticket\":\"7\"}}", BUSY);
        String plain = record("{\"agent\":\"writer\"}", COMPLETED);

        findsThem(coder, failed, plain);
        awaitIndexed(coder, failed, plain);
        findsThem(coder, failed, plain);

        found(Set.of(coder), "/runs?tool=shell");
        found(Set.of(coder), "/runs?tool=shell&agent=coder&metadata.branch=main&status=completed");
        found(Set.of(), "/runs?tool=shell&agent=writer");
        found(Set.of(), "/runs?tool=shel");
    }

    @Test
    void findsAToolByItsNameCutWithinAPair() throws Exception {
        String name = "t".repeat(199) + "\uD83D\uDE00" + "s";
        String run = record(
                "{}",
                Script.stream("event: tool_call\ndata: {\"toolCallId\":\"c1\",\"name\":\"" + name
                        + "\",\"arguments\":{}}\n\n"));
        awaitIndexed(run);

        found(Set.of(run), "/runs?tool=" + URLEncoder.encode(name, StandardCharsets.UTF_8));
    }

    /** A list reads what is not indexed and then the index, and runs come from the one into the other meanwhile. */
    @Test
    void findsARunAtEachMomentOfItsIndexing() throws Exception {
        for (int i = 0; i < 25; i++) {
            String run = record("{\"agent\":\"moment-" + i + "\"}", COMPLETED);
            do {
                found(Set.of(run), "/runs?agent=moment-" + i);
            } while (!isIndexed(run));
        }
    }

    private void findsThem(String coder, String failed, String plain) {
        found(Set.of(coder), "/runs?agent=coder");
        found(Set.of(coder, failed, plain), "/runs?agent=coder&agent=writer&agent=nobody");
        found(Set.of(), "/runs?agent=nobody");
        found(Set.of(failed), "/runs?status=failed");
        found(Set.of(failed), "/runs?status=failed&status=cancelled&status=running");
        found(Set.of(coder, plain), "/runs?status=completed");
        found(Set.of(coder), "/runs?model=m-1");
        found(Set.of(), "/runs?model=m-2");
        found(Set.of(coder, failed, plain), "/runs?upstream=default");
        found(Set.of(), "/runs?upstream=other");
        found(Set.of(failed), "/runs?errorCode=busy");
        found(Set.of(), "/runs?errorCode=Busy");
        found(Set.of(coder), "/runs?threadId=" + thread);
        found(Set.of(coder), "/runs?metadata.branch=main");
        found(Set.of(coder, failed), "/runs?metadata.ticket=7");
        found(Set.of(coder), "/runs?metadata.ticket=7.00");
        found(Set.of(coder), "/runs?metadata.ticket=70e-1");
        found(Set.of(), "/runs?metadata.ticket=7.01");
        found(Set.of(coder), "/runs?metadata.at=1764083099.724404123");
        found(Set.of(), "/runs?metadata.at=1764083099.7244041");
        found(Set.of(coder), "/runs?metadata.exact=0.1000000000000000055511151231257827021181583404541015625");
        found(Set.of(), "/runs?metadata.exact=0.1");
        found(Set.of(coder), "/runs?metadata.urgent=true");
        found(Set.of(coder), "/runs?metadata.deep.er.key=a%20b");
        found(Set.of(coder), "/runs?metadata.tags=y&metadata.branch=main");
        found(Set.of(), "/runs?metadata.tags=y&metadata.branch=dev");
        found(Set.of(), "/runs?metadata.none=null");
        found(Set.of(coder, failed, plain), "/runs?completedSince=-1h&maxDurationMs=60000");
        found(Set.of(), "/runs?completedSince=" + Instant.now().plusSeconds(60));
        found(Set.of(), "/runs?completedUntil=-1h");
        found(Set.of(), "/runs?minDurationMs=600000");
        found(Set.of(coder, failed, plain), "/runs?since=-1h&minDurationMs=0");
        found(Set.of(), "/runs?until=-1h&agent=coder");
        found(Set.of(failed), "/runs?agent=writer&status=failed");
        found(Set.of(), "/runs?agent=coder&status=failed");
        found(Set.of(failed), "/runs?agent=writer&agent=coder&errorCode=busy&upstream=default&metadata.branch=dev");
    }

    private void found(Set<String> expected, String target) {
        assertEquals(new TreeSet<>(expected), new TreeSet<>(ids(target)), target);
        assertEquals(new TreeSet<>(expected), new TreeSet<>(ids(target + "&sort=durationMs")), target);
        assertEquals(new TreeSet<>(expected), new TreeSet<>(ids(target + "&sort=totalTokens&order=asc")), target);
    }

    @Test
    void findsRunsThatGoOn() throws Exception {
        String ended = record("{\"agent\":\"coder\"," + METADATA + "}", COMPLETED);
        try (LiveRun live = begin("{\"agent\":\"coder\"," + METADATA + "}", "data: x\n\n")) {
            awaitIndexed(ended);

            assertEquals(List.of(live.id()), ids("/runs?status=running"));
            assertEquals(List.of(live.id(), ended), ids("/runs?agent=coder"));
            assertEquals(List.of(live.id(), ended), ids("/runs?metadata.branch=main"));
            assertEquals(List.of(live.id(), ended), ids("/runs?agent=coder&status=running&status=completed"));
            assertEquals(List.of(ended), ids("/runs?minDurationMs=0"));
            assertEquals(List.of(ended), ids("/runs?maxDurationMs=" + Long.MAX_VALUE));
            assertEquals(List.of(ended, live.id()), ids("/runs?sort=durationMs"));
            assertEquals(List.of(ended, live.id()), ids("/runs?sort=durationMs&order=asc"));
            assertEquals(List.of(ended, live.id()), ids("/runs?order=asc"));

            live.finish();

            assertEquals(List.of(), ids("/runs?status=running"));
            assertEquals(List.of(live.id(), ended), ids("/runs?status=completed&agent=coder"));
        }
    }

    @Test
    void findsNothingOfAnotherOwner() throws Exception {
        String mine = record("{\"agent\":\"coder\"," + METADATA + "}", WITH_TOOL);
        awaitIndexed(mine);

        for (String filter : List.of(
                "agent=coder",
                "status=completed",
                "tool=shell",
                "metadata.branch=main",
                "minDurationMs=0",
                "completedSince=-1h",
                "sort=totalTokens",
                "sort=durationMs&order=asc",
                "order=asc")) {
            assertEquals(List.of(mine), ids("/runs?" + filter), filter);
            assertEquals(List.of(), json(key + "-other", "/runs?" + filter).getList("data"), filter);
        }
    }

    /** Runs with ties, unknown values, and runs that come between two pages. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "sort=createdAt&order=asc",
                "sort=createdAt&order=desc",
                "sort=durationMs&order=asc",
                "sort=durationMs&order=desc",
                "sort=totalTokens&order=asc",
                "sort=totalTokens&order=desc",
                "sort=totalTokens&order=desc&status=completed",
                "sort=durationMs&order=desc&agent=sorter&metadata.branch=main",
                "sort=createdAt&order=desc&agent=sorter",
                "sort=createdAt&order=asc&agent=sorter&status=completed&minDurationMs=0"
            })
    void pagesAreInOrderAndComplete(String query) throws Exception {
        Instant first = Instant.parse("2026-01-01T00:00:00Z");
        List<String> recorded = new ArrayList<>();
        // Each pair of runs has the same value, and the last ones have no usage.
        for (int i = 0; i < 7; i++) {
            recorded.add(record("{\"agent\":\"sorter\"," + METADATA + "}", COMPLETED));
        }
        String[] all = recorded.toArray(String[]::new);
        awaitIndexed(all);
        for (int i = 0; i < 7; i++) {
            String usage = i < 4 ? "{\"inputTokens\":" + 10 * (i / 2) + ",\"outputTokens\":1}" : null;
            rewrite(recorded.get(i), first.plusSeconds(i / 2), 100 * (i / 2), usage);
        }
        awaitIndexed(all);

        List<String> listed = new ArrayList<>();
        String cursor = "";
        boolean more = true;
        while (more) {
            Json page = json("/runs?limit=2&until=2026-01-02&" + query + cursor);
            listed.addAll(page.getList("data.id", String.class));
            more = page.getBoolean("meta.hasMore");
            cursor = "&cursor=" + page.getString("meta.nextCursor");
            awaitIndexed(record("{\"agent\":\"late\"," + METADATA + "}", COMPLETED));
        }

        assertEquals(7, listed.size(), listed::toString);
        assertEquals(new TreeSet<>(recorded), new TreeSet<>(listed));
        List<Integer> ranks =
                listed.stream().map(id -> rank(recorded.indexOf(id), query)).toList();
        List<Integer> sorted = new ArrayList<>(ranks);
        Collections.sort(sorted);
        if (query.contains("order=desc")) {
            Collections.reverse(sorted);
            // What is unknown is last in both directions.
            List<Integer> unknown =
                    sorted.stream().filter(rank -> rank == Integer.MAX_VALUE).toList();
            sorted.removeAll(unknown);
            sorted.addAll(unknown);
        }
        assertEquals(sorted, ranks);
    }

    private static int rank(int index, String query) {
        return query.contains("totalTokens") && index >= 4 ? Integer.MAX_VALUE : index / 2;
    }

    @Test
    void aCursorBelongsToItsOrder() throws Exception {
        record("{\"agent\":\"a\"}", COMPLETED);
        record("{\"agent\":\"a\"}", COMPLETED);
        String newest = json("/runs?limit=1").getString("meta.nextCursor");
        String longest = json("/runs?limit=1&sort=durationMs").getString("meta.nextCursor");

        refused("/runs?sort=durationMs&cursor=" + newest, 400, "invalid_request", "cursor");
        refused("/runs?order=asc&cursor=" + newest, 400, "invalid_request", "cursor");
        refused("/runs?cursor=" + longest, 400, "invalid_request", "cursor");
        refused("/runs?sort=durationMs&order=asc&cursor=" + longest, 400, "invalid_request", "cursor");
        assertEquals(1, ids("/runs?sort=createdAt&order=desc&cursor=" + newest).size());
        assertEquals(1, ids("/runs?sort=durationMs&cursor=" + longest).size());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "status=failed&status=done        | status    | running, completed, failed, cancelled",
                "status=failed&status=            | status    | no value",
                "model=a&model=b                  | model     | once",
                "tool=a&tool=b                    | tool      | once",
                "metadata.a=1&metadata.a=2        | metadata.a | once",
                "agent=a&AGENT=b                  | AGENT | nearest is agent",
                "metadata.=1                      | metadata. | nearest",
                "tool=                            | tool      | no value",
                "metadata=1                       | metadata  | metadata.KEY",
                "minDurationMs=-1                 | minDurationMs | from 0",
                "maxDurationMs=fast               | maxDurationMs | whole number",
                "completedSince=-5y               | completedSince | -24h",
                "completedUntil=soon              | completedUntil | ISO 8601",
                "since=-24                        | since     | seconds",
                "sort=duration                    | sort      | createdAt, durationMs, totalTokens",
                "order=up                         | order     | asc, desc",
                "fields=id,resutl                 | fields    | result",
                "fields=id,,status                | fields    | members",
                "metadat.a=1                      | metadat.a | nearest",
                "minDurationMS=1                  | minDurationMS | The nearest is minDurationMs",
                "errorcode=1                      | errorcode | The nearest is errorCode",
                "tool=%00                         | tool      | U+0000"
            })
    void refusesWhatItDoesNotKnow(String query, String name, String said) {
        refused("/runs?" + query, 400, "invalid_request", name, said);
    }

    @Test
    void takesSomeFiltersOnMetadata() {
        String many = "metadata.k%d=1&".repeat(11);
        refused("/runs?" + String.format(many, numbers(11)), 400, "invalid_request", "10", "metadata");
        assertEquals(List.of(), ids("/runs?" + String.format("metadata.k%d=1&".repeat(10) + "limit=1", numbers(10))));
    }

    private static Object[] numbers(int count) {
        Object[] numbers = new Object[count];
        Arrays.setAll(numbers, i -> i);
        return numbers;
    }

    @Test
    void relativeTimesCountFromNow() throws Exception {
        String old = record("{\"agent\":\"a\"}", COMPLETED);
        String recent = record("{\"agent\":\"a\"}", COMPLETED);
        change(old, Instant.now().minus(Duration.ofHours(30)), 10, null);

        assertEquals(List.of(recent), ids("/runs?since=-24h"));
        assertEquals(List.of(recent), ids("/runs?since=-90s&agent=a"));
        assertEquals(List.of(old), ids("/runs?until=-1d"));
        assertEquals(List.of(old), ids("/runs?completedUntil=-60m"));
        assertEquals(List.of(recent, old), ids("/runs?since=-1w"));
        assertEquals(List.of(), json("/threads?until=-1h").getList("data"));
    }

    @Test
    void showsTheFieldsThatAreAskedFor() throws Exception {
        String id = record("{\"agent\":\"coder\"," + METADATA + "}", WITH_TOOL);

        Json page = json("/runs?fields=status,id,metadata");

        assertEquals(Set.of("id", "metadata", "status"), page.getMap("data[0]").keySet());
        assertEquals(id, page.getString("data[0].id"));
        assertEquals("a b", page.getString("data[0].metadata.deep.er.key"));
        assertTrue(page.getMap("meta").containsKey("hasMore"));
        Json result = json("/runs?fields=result,reason");
        assertEquals(Set.of("result", "reason"), result.getMap("data[0]").keySet());
        assertEquals("Done.", result.getString("data[0].result"));
        assertNull(result.get("data[0].reason"));
        assertEquals(List.of(Map.of()), json("/runs?fields=highlight").getList("data"));
        assertEquals(
                RunFields.ALL,
                Arrays.stream(RunView.class.getRecordComponents())
                        .map(member -> member.getName())
                        .toList());
    }

    @Test
    void deletesWhatItFinds() throws Exception {
        String kept = record("{\"agent\":\"a\"," + METADATA + "}", COMPLETED);
        String gone = record("{\"agent\":\"a\"," + METADATA + "}", WITH_TOOL);
        awaitIndexed(kept, gone);

        refused(history().delete("/runs?sort=createdAt&dryRun=true").then(), 400, "invalid_request", "sort");
        refused(history().delete("/runs?all=false&dryRun=true").then(), 400, "invalid_request", "filter");
        String filter = "/runs?tool=shell&metadata.branch=main&status=completed";
        assertEquals(1, deleted(filter + "&dryRun=true"));
        assertEquals(1, deleted(filter + "&expect=1"));

        assertEquals(List.of(kept), ids("/runs?agent=a"));
        assertEquals(List.of(), ids("/runs?tool=shell"));
        assertEquals(List.of(kept), ids("/runs?sort=totalTokens"));
    }

    /** Stored times are in microseconds, and one in between lies behind the stored one, whatever else is asked for. */
    @ParameterizedTest
    @ValueSource(strings = {"", "&agent=fine", "&agent=fine&sort=durationMs", "&metadata.fine=yes"})
    void takesTimesFinerThanItStoresThem(String filter) throws Exception {
        String run = record("{\"agent\":\"fine\",\"metadata\":{\"fine\":\"yes\"}}", COMPLETED);
        awaitIndexed(run);
        String at = json("/runs/" + run).getString("data.createdAt");

        for (String finer : List.of("1Z", "5Z", "999Z")) {
            String later = at.replace("Z", finer);
            assertEquals(List.of(), ids("/runs?since=" + later + filter), later);
            assertEquals(List.of(run), ids("/runs?until=" + later + filter), later);
        }
        assertEquals(List.of(run), ids("/runs?since=" + at.replace("Z", "000Z") + filter));
        assertEquals(List.of(), ids("/runs?until=" + at.replace("Z", "000Z") + filter));
    }

    @Test
    void deletesTheOthersWhereOneIsDamaged() throws Exception {
        List<String> runs = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            runs.add(record("{\"agent\":\"scratched\"}", COMPLETED));
        }
        String damaged = runs.get(1);
        faults.damage(table().key(damaged), true);
        try {
            refused(
                    history().delete("/runs?agent=scratched&expect=3").then(),
                    500,
                    "internal_error",
                    "1 of the 3 selected",
                    "2 of the others are deleted");
            assertEquals(List.of(damaged), ids("/runs?agent=scratched"));
        } finally {
            faults.damage(table().key(damaged), false);
        }
        assertEquals(1, deleted("/runs?agent=scratched&expect=1"));
    }

    /** Of as many runs as a deletion reads at a time: those that come behind them are read while it goes on. */
    @Test
    void deletesNoRunThatItHasNotCounted() throws Exception {
        List<String> counted = new ArrayList<>();
        try (LiveRun uncounted = begin("{\"agent\":\"late\"}", "data: 1\n\n")) {
            for (int i = 0; i < 500; i++) {
                counted.add(record("{\"agent\":\"late\"}", COMPLETED));
            }
            String filter = "/runs?agent=late&status=completed";
            CompletableFuture<Integer> deletion;
            try (RowLock lock = RowLock.onRun(store(), table().key(counted.get(498)))) {
                deletion = CompletableFuture.supplyAsync(() -> deleted(filter + "&expect=500"));
                RunTable.await("the newest is deleted", () -> {
                    int status = history().get("/runs/" + counted.get(499)).statusCode();
                    return status == 404 ? true : null;
                });
                uncounted.finish();
                awaitEnd(key, uncounted.id());
            }

            assertEquals(500, deletion.get());
            assertEquals(List.of(uncounted.id()), ids("/runs?agent=late"));
        }
    }

    @Test
    void makesTwoDeletionsAtOnce() throws Exception {
        List<String> locked = new ArrayList<>();
        for (String agent : List.of("one", "two")) {
            locked.add(record("{\"agent\":\"" + agent + "\"}", COMPLETED));
        }
        List<CompletableFuture<Integer>> deletions = new ArrayList<>();
        try (RowLock first = RowLock.onRun(store(), table().key(locked.get(0)));
                RowLock second = RowLock.onRun(store(), table().key(locked.get(1)))) {
            for (String agent : List.of("one", "two")) {
                String newest = record("{\"agent\":\"" + agent + "\"}", COMPLETED);
                deletions.add(CompletableFuture.supplyAsync(() -> deleted("/runs?agent=" + agent + "&expect=2")));
                RunTable.await("the newest is deleted", () -> {
                    int status = history().get("/runs/" + newest).statusCode();
                    return status == 404 ? true : null;
                });
            }

            for (String parameter : List.of("dryRun=true", "expect=0")) {
                ValidatableResponse third =
                        history().delete("/runs?agent=three&" + parameter).then();

                refused(third, 503, "overloaded", "2 deletions by filter");
                assertEquals("5", third.extract().header("Retry-After"));
            }
        }
        assertEquals(2, deletions.get(0).get());
        assertEquals(2, deletions.get(1).get());
        assertEquals(0, deleted("/runs?agent=three&dryRun=true"));
    }

    private int deleted(String target) {
        return history().delete(target).then().statusCode(200).extract().path("data.count");
    }

    @Test
    void archivesWhatItFinds() throws Exception {
        String other = record("{\"agent\":\"a\"}", COMPLETED);
        String found = record("{\"agent\":\"a\"," + METADATA + "}", WITH_TOOL);
        awaitIndexed(other, found);

        String archive = history()
                .accept("application/x-ndjson")
                .get("/runs?agent=a&metadata.deep.er.key=a%20b")
                .then()
                .statusCode(200)
                .extract()
                .asString();

        assertTrue(archive.contains(found), archive);
        assertTrue(!archive.contains(other), archive);
        refused(
                history().accept("application/x-ndjson").get("/runs?fields=id").then(),
                400,
                "invalid_request",
                "fields");
    }

    @Test
    void tellsMetadataApartByTheCaseOfItsNames() throws Exception {
        String both =
                record("{\"metadata\":{\"userId\":1,\"userid\":2,\"Ä\":1,\"ä\":2}}", Script.stream("data: x\n\n"));
        String one = record("{\"metadata\":{\"userId\":1,\"Ä\":1,\"ä\":3}}", Script.stream("data: x\n\n"));

        assertEquals(List.of(one, both), ids("/runs?metadata.userId=1"));
        assertEquals(List.of(both), ids("/runs?metadata.userId=1&metadata.userid=2"));
        assertEquals(List.of(both), ids("/runs?metadata.%C3%84=1&metadata.%C3%A4=2"));
        assertEquals(List.of(both), ids("/runs?metadata.%C3%A4=2&metadata.%C3%84=1"));
    }

    @Test
    void findsEmptyTextsInMetadata() throws Exception {
        String empty = record("{\"metadata\":{\"branch\":\"\"}}", COMPLETED);
        String listed = record("{\"metadata\":{\"branch\":[\"main\",\"\"]}}", COMPLETED);
        String other = record("{\"metadata\":{\"branch\":\"main\",\"tag\":null}}", COMPLETED);

        for (boolean indexed : List.of(false, true)) {
            assertEquals(List.of(listed, empty), ids("/runs?metadata.branch="), "indexed: " + indexed);
            assertEquals(List.of(other, listed), ids("/runs?metadata.branch=main"));
            assertEquals(List.of(), ids("/runs?metadata.tag="));
            awaitIndexed(empty, listed, other);
        }
        assertEquals(2, deleted("/runs?metadata.branch=&dryRun=true"));
    }

    @Test
    void findsANameThatIsCutWithinACharacter() throws Exception {
        String agent = "a".repeat(199) + "\uD83D\uDE00";
        String run = record("{\"agent\":\"" + agent + "\"}", Script.stream("event: " + agent + "\ndata: x\n\n"));

        String name = "a".repeat(199) + "%F0%9F%98%80";
        assertEquals(List.of(run), ids("/runs?agent=" + name));
        assertEquals(
                1, json("/runs/" + run + "/events?type=" + name).getList("data").size());
    }
}
