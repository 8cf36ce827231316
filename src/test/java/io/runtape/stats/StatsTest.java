package io.runtape.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.history.IndexedHistory;
import io.runtape.server.memory.BudgetShare;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.store.Transaction;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.MemoryWait;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.TakenMemory;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import jakarta.inject.Inject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sums over runs are those that one gets by adding up the runs, and follow what becomes of them. */
abstract class StatsTest extends IndexedHistory {

    static final Instant FIRST = Instant.parse("2026-01-01T22:30:00Z");

    private static final Script COMPLETED = Script.stream("event: run_completed\ndata: {\"result\":\"Done.\"}\n\n");

    private static final Script WITH_TOOLS = Script.stream(
            "event: tool_call\ndata: {\"toolCallId\":\"c1\",\"name\":\"shell\",\"arguments\":{}}\n\n",
            "event: tool_call\ndata: {\"toolCallId\":\"c2\",\"name\":\"shell\",\"arguments\":{}}\n\n",
            "event: tool_call\ndata: {\"toolCallId\":\"c3\",\"name\":\"browse\",\"arguments\":{}}\n\n",
            "event: run_completed\ndata: {\"result\":\"Done.\"}\n\n");

    private static final Script BUSY = Script.json(503, "{\"error\":{\"code\":\"busy\",\"message\":\"Later.\"}}");

    /** Those of a small one find room in any case. */
    private static final int GROUPS_OF_A_LARGE_RESPONSE = 60;

    @Inject
    MemoryBudgets memory;

    /** Runs of two agents in two hours of two days; the durations are 100, 200, 300 ms and so on. */
    private List<String> recorded() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            String agent = i % 2 == 0 ? "coder" : "writer";
            String id = record(
                    "{\"agent\":\"" + agent + "\",\"model\":\"m-" + i % 3 + "\"}",
                    i == 5 ? BUSY : i == 4 ? WITH_TOOLS : COMPLETED);
            ids.add(id);
        }
        String[] all = ids.toArray(String[]::new);
        awaitIndexed(all);
        for (int i = 0; i < all.length; i++) {
            String usage =
                    i < 3 ? "{\"inputTokens\":" + (i + 1) + ",\"outputTokens\":10,\"reasoningTokens\":null}" : null;
            rewrite(all[i], FIRST.plusSeconds(1800L * i), 100L * (i + 1), usage);
        }
        awaitIndexed(all);
        return ids;
    }

    @Test
    void sumsUpWhatTheRunsTell() throws Exception {
        recorded();

        Json all = json("/stats");

        assertEquals(1, all.getList("data").size());
        assertEquals(Map.of(), all.getMap("data[0].group"));
        assertEquals(6, all.getInt("data[0].runs"));
        assertEquals(5, all.getInt("data[0].completed"));
        assertEquals(1, all.getInt("data[0].failed"));
        assertEquals(0, all.getInt("data[0].cancelled"));
        assertEquals(1 / 6.0, all.getDouble("data[0].errorRate"), 1e-7);
        assertEquals(6, all.getLong("data[0].usage.inputTokens"));
        assertEquals(30, all.getLong("data[0].usage.outputTokens"));
        assertNull(all.get("data[0].usage.reasoningTokens"));
        assertNull(all.get("data[0].usage.cachedInputTokens"));
        near(300, all.getLong("data[0].durationMs.p50"));
        near(600, all.getLong("data[0].durationMs.p95"));
        near(600, all.getLong("data[0].durationMs.p99"));
        near(150, all.getLong("data[0].timeToFirstEventMs.p50"));
        assertNull(all.get("meta.since"));
        assertNull(all.get("meta.until"));
    }

    /** Clients write the end of all time so, and read no year of five digits. */
    @Test
    void takesTheLastMomentForAnEnd() {
        Json all = json("/stats?until=9999-12-31T23:59:59Z");

        assertEquals("9999-12-31T23:59:59.999999Z", all.getString("meta.until"));
    }

    @Test
    void sumsUpTokensOfEachKind() throws Exception {
        String[] times = {"2026-01-31T23:30:00Z", "2026-02-01T00:00:00Z", "2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z"
        };
        String[] ids = new String[times.length];
        for (int i = 0; i < times.length; i++) {
            int tokens = (int) Math.pow(10, i);
            String usage = new JsonObject(new HashMap<>(tokensOfEachKind(tokens))).encode();
            ids[i] = record(
                    "{\"agent\":\"" + (i % 2 == 0 ? "coder" : "writer") + "\"}",
                    Script.stream("event: run_completed\ndata: {\"usage\":" + usage + "}\n\n"));
        }
        awaitIndexed(ids);
        for (int i = 0; i < times.length; i++) {
            move(ids[i], Instant.parse(times[i]), 100, 50);
        }
        awaitIndexed(ids);

        assertEquals(tokensOfEachKind(1111), json("/stats").getMap("data[0].usage"));
        Json agents = json("/stats?groupBy=agent");
        assertEquals(List.of("coder", "writer"), agents.getList("data.group.agent"));
        assertEquals(tokensOfEachKind(101), agents.getMap("data[0].usage"));
        assertEquals(tokensOfEachKind(1010), agents.getMap("data[1].usage"));
        Json days = json("/stats?groupBy=day");
        assertEquals(List.of("2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01"), days.getList("data.group.day"));
        assertEquals(tokensOfEachKind(100), days.getMap("data[2].usage"));
        for (String more : List.of("", "&upstream=default&path=/v1/run")) {
            // A whole month, and one with hours around it.
            assertEquals(
                    tokensOfEachKind(110),
                    json("/stats?since=2026-02-01&until=2026-03-01" + more).getMap("data[0].usage"));
            assertEquals(
                    tokensOfEachKind(111),
                    json("/stats?since=2026-01-31T23:00:00Z&until=2026-03-01" + more)
                            .getMap("data[0].usage"));
        }
        assertEquals(
                tokensOfEachKind(10),
                json("/stats?groupBy=agent&since=2026-02-01&until=2026-03-01").getMap("data[1].usage"));
    }

    /** So many input tokens, and of each further kind as many more. */
    private static Map<String, Integer> tokensOfEachKind(int tokens) {
        return Map.of(
                "inputTokens", tokens,
                "outputTokens", 2 * tokens,
                "cachedInputTokens", 3 * tokens,
                "cacheWriteTokens", 4 * tokens,
                "reasoningTokens", 5 * tokens);
    }

    @Test
    void tellsPercentilesOfTimes() throws Exception {
        String[] ids = new String[20];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = record("{\"agent\":\"" + (i % 2 == 0 ? "coder" : "writer") + "\"}", COMPLETED);
        }
        awaitIndexed(ids);
        for (int i = 0; i < ids.length; i++) {
            // In no order of their calls.
            int rank = 1 + i * 7 % ids.length;
            move(ids[i], FIRST.plusSeconds(3600L * i), 1000L * rank, 10L * rank);
        }
        awaitIndexed(ids);

        assertPercentiles(10, 19, 20, json("/stats"), 0);
        assertPercentiles(10, 19, 20, json("/stats?since=2026-01-01&until=2026-02-01"), 0);
        Json agents = json("/stats?groupBy=agent");
        assertPercentiles(9, 19, 19, agents, 0);
        assertPercentiles(10, 20, 20, agents, 1);
    }

    private static void assertPercentiles(long p50, long p95, long p99, Json stats, int group) {
        Map<String, Long> ranks = Map.of("p50", p50, "p95", p95, "p99", p99);
        ranks.forEach((name, rank) -> {
            near(1000 * rank, stats.getLong("data[" + group + "].durationMs." + name));
            near(10 * rank, stats.getLong("data[" + group + "].timeToFirstEventMs." + name));
        });
    }

    /** Gives a run that is indexed other times. It is to be indexed again. */
    private void move(String id, Instant createdAt, long durationMs, long firstEventMs) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement update = connection.prepareStatement("""
                        update run set created_at = ?, first_event_at = ?, completed_at = ?, indexed_at = null
                        where run_pk = ?""")) {
            update.setObject(1, createdAt.atOffset(ZoneOffset.UTC));
            update.setObject(2, createdAt.plusMillis(firstEventMs).atOffset(ZoneOffset.UTC));
            update.setObject(3, createdAt.plusMillis(durationMs).atOffset(ZoneOffset.UTC));
            update.setLong(4, table().key(id));
            update.executeUpdate();
        }
    }

    private static void near(long expected, long actual) {
        assertTrue(Math.abs(expected - actual) <= expected * 0.02 + 0.5, expected + " and " + actual);
    }

    @Test
    void groups() throws Exception {
        recorded();

        assertEquals(List.of("coder 3 4", "writer 3 2"), groups("agent", "agent", "inputTokens"));
        assertEquals(List.of("completed 5 30", "failed 1 null"), groups("status", "status", "outputTokens"));
        assertEquals(
                List.of(
                        "2026-01-01T22:00:00Z 1 1",
                        "2026-01-01T23:00:00Z 2 5",
                        "2026-01-02T00:00:00Z 2 null",
                        "2026-01-02T01:00:00Z 1 null"),
                groups("hour&since=2026-01-01&until=2026-01-03", "hour", "inputTokens"));
        assertEquals(
                groups("hour&since=2026-01-01&until=2026-01-03", "hour", "inputTokens"),
                groups("day&groupBy=hour&since=2026-01-01&until=2026-01-03", "hour", "inputTokens"));
        assertEquals(List.of("2026-01-01 3 6", "2026-01-02 3 null"), groups("day", "day", "inputTokens"));
        assertEquals(List.of("m-0 2 1", "m-1 2 2", "m-2 2 3"), groups("model", "model", "inputTokens"));
        assertEquals(List.of("browse 1 null", "shell 1 null"), groups("tool", "tool", "inputTokens"));
        assertEquals(List.of("/v1/run 6 6"), groups("path", "path", "inputTokens"));
        assertEquals(List.of("default 6 6"), groups("upstream", "upstream", "inputTokens"));
        String owner = json("/runs?limit=1").getString("data[0].owner");
        assertEquals(List.of(owner + " 6 6"), groups("owner", "owner", "inputTokens"));
    }

    /** Each gateway adds to a row of its own: here another one has recorded the same. */
    @Test
    void addsUpWhatGatewaysShare() throws Exception {
        recorded();
        String owner = json("/runs?limit=1").getString("data[0].owner");
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            statement.execute("insert into stats_sum (owner, span, start_hour, group_key, shard, content)"
                    + " select owner, span, start_hour, group_key, shard + 1, content from stats_sum where owner = '"
                    + owner + "'");

            assertEquals(List.of("completed 10 60", "failed 2 null"), groups("status", "status", "outputTokens"));
            assertEquals(List.of("2026-01-01 6 12", "2026-01-02 6 null"), groups("day", "day", "inputTokens"));
            assertEquals(List.of("coder 6 8", "writer 6 4"), groups("agent", "agent", "inputTokens"));
            assertEquals(List.of("2026-01-02 2 null"), groups("day&status=failed", "day", "inputTokens"));

            statement.execute("delete from stats_sum where owner = '" + owner + "' and shard ="
                    + " (select max(shard) from stats_sum where owner = '" + owner + "')");
        }
    }

    private List<String> groups(String groupBy, String name, String tokens) {
        Json stats = json("/stats?groupBy=" + groupBy);
        List<String> groups = new ArrayList<>();
        for (int i = 0; i < stats.getList("data").size(); i++) {
            Object sum = stats.get("data[" + i + "].usage." + tokens);
            groups.add(stats.getString("data[" + i + "].group." + name) + " " + stats.getInt("data[" + i + "].runs")
                    + " " + sum);
        }
        return groups;
    }

    @Test
    void groupsBySeveralAndFilters() throws Exception {
        recorded();

        Json both = json("/stats?groupBy=day&groupBy=agent");
        assertEquals(4, both.getList("data").size());
        assertEquals(Map.of("day", "2026-01-01", "agent", "coder"), both.getMap("data[0].group"));
        assertEquals(2, both.getInt("data[0].runs"));
        assertEquals(3, json("/stats?agent=coder").getInt("data[0].runs"));
        assertEquals(6, json("/stats?agent=coder&agent=writer").getInt("data[0].runs"));
        assertEquals(1, json("/stats?agent=coder&model=m-1&status=completed").getInt("data[0].runs"));
        assertEquals(1, json("/stats?status=failed&status=cancelled").getInt("data[0].runs"));
        assertEquals(6, json("/stats?upstream=default&path=/v1/run").getInt("data[0].runs"));
        assertEquals(List.of(), json("/stats?path=/v1/other").getList("data"));
        assertEquals(List.of(), json("/stats?agent=nobody").getList("data"));
        assertEquals(5, json("/stats?since=2026-01-01T23:10:00Z").getInt("data[0].runs"));
        assertEquals(
                "2026-01-01T23:00:00.000000Z",
                json("/stats?since=2026-01-01T23:10:00Z").getString("meta.since"));
        assertEquals(3, json("/stats?until=2026-01-02").getInt("data[0].runs"));
        assertEquals(3, json("/stats?since=2026-01-02&until=2026-01-03").getInt("data[0].runs"));
        assertEquals(
                5, json("/stats?since=2026-01-01&until=2026-01-02T01:00:00Z").getInt("data[0].runs"));
        assertEquals(List.of(), json("/stats?since=-24h").getList("data"));
    }

    @Test
    void holdsNoConnectionWhileItWaitsForMemory() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < GROUPS_OF_A_LARGE_RESPONSE; i++) {
            ids.add(record("{\"agent\":\"one-of-many-" + i + "\"}", COMPLETED));
        }
        awaitIndexed(ids.toArray(String[]::new));
        CompletableFuture<Json> sums;
        try (BudgetShare large = TakenMemory.allOf(memory.answers())) {
            sums = CompletableFuture.supplyAsync(() -> json("/stats?groupBy=agent"));

            List<String> waiting = MemoryWait.await("io.runtape.stats");

            assertFalse(waiting.contains(Transaction.class.getName()), waiting::toString);
        }
        assertEquals(
                Collections.nCopies(GROUPS_OF_A_LARGE_RESPONSE, 1), sums.get().getList("data.runs"));
    }

    @Test
    void isOnlyOfTheCallersOwnRuns() throws Exception {
        recorded();

        assertEquals(List.of(), json(key + "-other", "/stats").getList("data"));
        refused("/stats?all=true", 403, "forbidden", "admin");
        refused("/stats?owner=c-1", 403, "forbidden", "admin");
        refused(historyOf("").get("/stats").then(), 401, "unauthorized");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "groupBy=user                                        | groupBy | agent, hour, day, status",
                "groupBy=agent&groupBy=day&groupBy=model&groupBy=tool | groupBy | 3 times",
                "groupby=agent                                       | groupby | The nearest is groupBy",
                "status=running                                      | status  | one of: completed, failed, cancelled.",
                "status=done                                         | status  | one of: completed, failed, cancelled.",
                "groupBy=hour&since=2026-01-01&until=2026-03-01      | hour    | 31 days",
                "since=lately                                        | since   | ISO 8601",
                "model=a&model=b                                     | model   | once"
            })
    void refusesWhatItDoesNotKnow(String query, String name, String said) {
        refused("/stats?" + query, 400, "invalid_request", name, said);
    }

    /** Both times are told from now, and each reads the clock. */
    @ParameterizedTest
    @ValueSource(strings = {"since=-31d", "since=-31d&until=-0s", "since=-744h"})
    void groupsTheLastMonthByTheHour(String times) throws Exception {
        record("{\"agent\":\"a\"}", Script.stream("event: run_completed\ndata: {}\n\n"));

        json("/stats?groupBy=hour&" + times);
        refused("/stats?groupBy=hour&" + times.replace("31d", "32d").replace("744h", "769h"), 400, "invalid_request");
    }

    @Test
    void forgetsWhatIsDeleted() throws Exception {
        List<String> ids = recorded();

        history().delete("/runs/" + ids.get(5)).then().statusCode(204);
        assertEquals(5, json("/stats").getInt("data[0].runs"));
        assertEquals(0, json("/stats").getInt("data[0].failed"));
        near(500, json("/stats").getLong("data[0].durationMs.p99"));
        history().delete("/runs?agent=coder&expect=3").then().statusCode(200);
        assertEquals(List.of("writer 2 null"), groups("agent", "agent", "reasoningTokens"));
        assertEquals(List.of(), json("/stats?groupBy=tool").getList("data"));
        assertEquals(List.of("m-0 1 null", "m-1 1 2"), groups("model", "model", "inputTokens"));
        history().delete("/runs?agent=writer&expect=2").then().statusCode(200);

        assertEquals(List.of(), json("/stats").getList("data"));
        assertEquals(0, rowsOf("coder"));
    }

    /** As an archive may tell: sums of such would be less than none. */
    @Test
    void countsNoTokensThatNoRunCanHave() throws Exception {
        List<String> ids = recorded();
        String usage = "{\"inputTokens\":" + Long.MAX_VALUE + ",\"outputTokens\":2}";
        rewrite(ids.get(1), FIRST, 100, usage);
        rewrite(ids.get(2), FIRST, 100, usage);
        awaitIndexed(ids.toArray(String[]::new));

        assertEquals(1, json("/stats").getLong("data[0].usage.inputTokens"));
        assertEquals(14, json("/stats").getLong("data[0].usage.outputTokens"));
        assertEquals(
                ids.get(0), json("/runs?sort=totalTokens&order=desc&limit=1").getString("data[0].id"));
    }

    /** Runs of three months, one of them whole within what is asked for. */
    private List<String> recordedInMonths() throws Exception {
        List<String> ids = recorded();
        String[] times = {
            "2026-01-09T22:00:00Z",
            "2026-01-31T23:59:59Z",
            "2026-02-01T00:00:00Z",
            "2026-02-28T23:00:00Z",
            "2026-03-01T00:00:00Z",
            "2026-03-07T02:00:00Z"
        };
        for (int i = 0; i < times.length; i++) {
            rewrite(ids.get(i), Instant.parse(times[i]), 100L * (i + 1), "{\"inputTokens\":" + (1 << i) + "}");
        }
        awaitIndexed(ids.toArray(String[]::new));
        return ids;
    }

    /** The bits of the runs that a time has. */
    private long inputTokens(String times) {
        long tokens = json("/stats?" + times).getLong("data[0].usage.inputTokens");
        // The filters leave out nothing, but have other rows read.
        assertEquals(
                tokens,
                json("/stats?upstream=default&path=/v1/run&" + times).getLong("data[0].usage.inputTokens"),
                times);
        return tokens;
    }

    private void sumsUpMonths() {
        assertEquals(0b111111, inputTokens("since=2020-01-01"));
        assertEquals(0b011110, inputTokens("since=2026-01-10&until=2026-03-07T02:00:00Z"));
        assertEquals(0b111111, inputTokens("since=2026-01-09T22:00:00Z&until=2026-03-07T03:00:00Z"));
        assertEquals(0b001100, inputTokens("since=2026-02-01&until=2026-03-01"));
        assertEquals(0b001000, inputTokens("since=2026-02-01T01:00:00Z&until=2026-03-01"));
        assertEquals(0b000100, inputTokens("since=2026-02-01&until=2026-02-28T23:00:00Z"));
        assertEquals(
                List.of("browse 1 16", "shell 1 16"),
                groups("tool&since=2026-01-01&until=2026-04-01", "tool", "inputTokens"));
        assertEquals(
                List.of("2026-02-01 1 4", "2026-02-28 1 8"),
                groups("day&since=2026-02-01&until=2026-03-01", "day", "inputTokens"));
        assertEquals(0b011110, inputTokens("since=2026-01-31T23:00:00Z&until=2026-03-01T01:00:00Z"));
        for (String query : List.of(
                "groupBy=agent",
                "groupBy=model",
                "groupBy=path",
                "groupBy=upstream",
                "groupBy=status",
                "groupBy=tool",
                "groupBy=day",
                "groupBy=day&groupBy=agent",
                "groupBy=day&groupBy=tool",
                "groupBy=day&agent=coder",
                "groupBy=day&model=m-1&status=failed",
                "groupBy=model&groupBy=status",
                "agent=coder&agent=writer&agent=nobody",
                "agent=nobody",
                "groupBy=agent&agent=writer&status=completed")) {
            for (String times : List.of("", "&since=2026-01-10&until=2026-03-07T02:00:00Z")) {
                String all = "/stats?" + query + times;
                // The filters leave out nothing, but have other rows read.
                List<Object> others =
                        json(all + "&upstream=default&path=/v1/run").getList("data");
                assertEquals(others, json(all).getList("data"), all);
            }
        }
    }

    @Test
    void sumsUpWholeMonths() throws Exception {
        recordedInMonths();

        sumsUpMonths();
    }

    @Test
    void addsWhatAnEarlierVersionHasIndexedToLaterSums() throws Exception {
        List<String> ids = recordedInMonths();
        String owner = json("/runs?limit=1").getString("data[0].owner");
        String ofOwner = " where run_pk in (select run_pk from run where owner = '" + owner + "')";
        try (Connection connection = store().connect();
                Statement write = connection.createStatement()) {
            connection.setAutoCommit(false);
            write.executeUpdate("update run_stats set in_months = null, in_overall = null, in_labels = null" + ofOwner);
            write.executeUpdate("delete from stats_sum where span >= 4 and owner = '" + owner + "'");
            connection.commit();
        }

        sumsUpMonths();
        RunTable.await(
                "all are in the later sums",
                () -> number("select count(*) from run_stats" + ofOwner
                                        + " and (in_months is null or in_overall is null or in_labels is null)")
                                == 0
                        ? true
                        : null);
        assertTrue(number("select count(*) from stats_sum where span = 7 and owner = '" + owner + "'") >= 5);
        assertTrue(number("select count(*) from stats_sum where span = 4 and owner = '" + owner + "'") >= 3);
        assertTrue(number("select count(*) from stats_sum where span = 12 and owner = '" + owner + "'") >= 5);
        sumsUpMonths();

        for (String id : ids) {
            history().delete("/runs/" + id).then().statusCode(204);
        }
        assertEquals(0, number("select count(*) from stats_sum where owner = '" + owner + "'"));
    }

    long number(String query) throws SQLException {
        try (Connection connection = store().connect();
                Statement select = connection.createStatement();
                ResultSet row = select.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** How many sums of this owner hold a text. */
    private long rowsOf(String text) throws Exception {
        long rows = 0;
        String mine = ownerOf();
        try (Connection connection = store().connect();
                Statement select = connection.createStatement();
                ResultSet row = select.executeQuery("select owner, content from stats_sum where start_hour between "
                        + SumRows.day(SumRows.hour(FIRST)) + " and " + SumRows.hour(FIRST.plusSeconds(86_400)))) {
            while (row.next()) {
                if (row.getString(1).equals(mine)
                        && new String(row.getBytes(2), StandardCharsets.ISO_8859_1).contains(text)) {
                    rows++;
                }
            }
        }
        return rows;
    }

    private String ownerOf() throws Exception {
        String id = record("{}", COMPLETED);
        return json("/runs/" + id).getString("data.owner");
    }

    @Test
    void countsARunOnceHoweverOftenItIsIndexed() throws Exception {
        List<String> ids = recorded();

        change(ids.get(0), FIRST.plusSeconds(7200), 100, "{\"inputTokens\":100,\"outputTokens\":10}");
        change(ids.get(0), FIRST.plusSeconds(7200), 100, "{\"inputTokens\":1000,\"outputTokens\":10}");

        assertEquals(6, json("/stats").getInt("data[0].runs"));
        assertEquals(1005, json("/stats").getLong("data[0].usage.inputTokens"));
        assertEquals(List.of("2026-01-01 2 5", "2026-01-02 4 1000"), groups("day", "day", "inputTokens"));
    }

    @Test
    void pathsThatNameOneThingAreOneGroup() throws Exception {
        String run = record("/v1/agents/reviewer/run", "{}", COMPLETED);
        awaitIndexed(run);

        assertEquals("/v1/agents/reviewer/run", json("/stats?groupBy=path").getString("data[0].group.path"));
        assertEquals("reviewer", json("/stats?groupBy=agent").getString("data[0].group.agent"));
        assertEquals(
                Collections.singletonMap("model", null),
                json("/stats?groupBy=model").getMap("data[0].group"));
    }

    @Test
    void refusesMoreGroupsThanAnybodyReads() throws Exception {
        String id = record("{}", COMPLETED);
        awaitIndexed(id);
        String day = "since=2031-05-05&until=2031-05-06";
        addModels(table().key(id), StatsQueries.GROUPS_MAX + 1);

        refused("/stats?groupBy=model&" + day, 400, "invalid_request", "more than 5000 groups");

        assertEquals(List.of("m-7 1 null"), groups("model&model=m-7&" + day, "model", "inputTokens"));
        assertEquals(StatsQueries.GROUPS_MAX + 1, json("/stats?" + day).getInt("data[0].runs"));
    }

    /** Adds sums of one day, as if the run had been made with so many models. */
    private void addModels(long runPk, int models) throws SQLException {
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select r.owner, s.content from run_stats s"
                        + " join run r on r.run_pk = s.run_pk where s.run_pk = " + runPk)) {
            connection.setAutoCommit(false);
            row.next();
            SumRows rows = new SumRows(SumRows.Of.run(row.getString(1), runPk));
            Sums sums = AddedRun.read(row.getBytes(2)).sums();
            int hour = SumRows.hour(Instant.parse("2031-05-05T00:00:00Z"));
            for (int i = 0; i < models; i++) {
                Labels labels = new Labels("completed", null, "m-" + i, "", "", null);
                rows.add(Span.MODEL_DAY, labels, hour, sums);
                rows.add(Span.OVERALL_DAY, labels, hour, sums);
            }
            rows.apply(connection, store().engine());
            connection.commit();
        }
    }

    @Test
    void aThreadInAPathIsNoGroupHoweverItIsWritten() throws Exception {
        String encoded = record("/v1/threads/user%3Aana/runs/stream", "{}", COMPLETED);
        String plain = record("/v1/threads/user:eve/runs/stream", "{}", COMPLETED);
        awaitIndexed(encoded, plain);

        assertEquals(List.of("/v1/threads/{id}/runs/stream 2 null"), groups("path", "path", "inputTokens"));
    }

    @Test
    void aRunsOwnPathFindsTheGroupThatItIsIn() throws Exception {
        Map<String, String> groupOf = new LinkedHashMap<>();
        groupOf.put("/v1/agents/4711/run", "/v1/agents/{id}/run");
        groupOf.put("/v1/agents/release-20261125/run", "/v1/agents/{id}/run");
        groupOf.put("/v1/agents/release-2026112/run", "/v1/agents/release-2026112/run");
        groupOf.put("/v1/agents/release-candidate/run", "/v1/agents/release-candidate/run");
        groupOf.put("/v1/threads/user%3Aana/runs/stream", "/v1/threads/{id}/runs/stream");
        groupOf.put("/v1/threads/user:eve/runs/stream", "/v1/threads/{id}/runs/stream");
        Map<String, Integer> runs = new LinkedHashMap<>();
        for (Map.Entry<String, String> each : groupOf.entrySet()) {
            awaitIndexed(record(each.getKey(), "{}", COMPLETED));
            runs.merge(each.getValue(), 1, Integer::sum);
        }

        Json groups = json("/stats?groupBy=path");

        Map<String, Integer> found = new HashMap<>();
        for (int i = 0; i < groups.getList("data").size(); i++) {
            found.put(groups.getString("data[" + i + "].group.path"), groups.getInt("data[" + i + "].runs"));
        }
        assertEquals(runs, found);
        groupOf.forEach((path, group) -> {
            for (String asked : List.of(path, group)) {
                String filter = "path=" + URLEncoder.encode(asked, StandardCharsets.UTF_8);
                // The second one reads other rows.
                for (String query : List.of(filter, filter + "&upstream=default")) {
                    assertEquals(
                            List.of(runs.get(group)), json("/stats?" + query).getList("data.runs"), query);
                }
            }
        });
        assertEquals(
                List.of(), json("/stats?path=/v1/threads/user:bob/runs/stream").getList("data"));
    }

    /** Longer than a path that a client can send, in the characters of an archive. */
    private static final String LONG_PATH = "/v1/run/" + "a".repeat(491) + "\uD83E\uDD98" + "b".repeat(150_000);

    /** Its first 500 characters; half of a pair is none. */
    private static final String CUT_PATH = LONG_PATH.substring(0, 499) + "\uFFFD";

    @Test
    void cutsALongPath() throws Exception {
        String id = importedWith(LONG_PATH);

        assertCounted(CUT_PATH);
        assertEquals(
                List.of(CUT_PATH, CUT_PATH),
                json("/stats?groupBy=tool&groupBy=path").getList("data.group.path"));
        assertTrue(bytesOfSums(id) < 40_000, () -> "sums hold more than the beginning of the path");
        assertEquals(LONG_PATH, json("/runs/" + id).getString("data.path"));
        history().delete("/runs/" + id).then().statusCode(204);
        assertEquals(List.of(), json("/stats?groupBy=path").getList("data"));
        assertEquals(List.of(), json("/stats?groupBy=tool").getList("data"));
    }

    /** Both that a caller has, and the one that the sums have, select the run; each reads other rows. */
    private void assertCounted(String cut) {
        Json paths = json("/stats?groupBy=path");
        assertEquals(List.of(cut), paths.getList("data.group.path"));
        assertEquals(List.of(1), paths.getList("data.runs"));
        for (String asked : List.of(cut, LONG_PATH.substring(0, 600))) {
            String path = "path=" + URLEncoder.encode(asked, StandardCharsets.UTF_8);
            assertEquals(List.of(1), json("/stats?" + path).getList("data.runs"));
            assertEquals(List.of(1), json("/stats?upstream=default&" + path).getList("data.runs"));
        }
    }

    /** Records a run with tools, and imports it as if its call had been to this path. */
    private String importedWith(String path) throws Exception {
        String id = record("{}", WITH_TOOLS);
        String archive = history()
                .accept("application/x-ndjson")
                .get("/runs/" + id)
                .then()
                .statusCode(200)
                .extract()
                .asString();
        history().delete("/runs/" + id).then().statusCode(204);
        String changed = archive.replaceFirst("\"path\":\"/v1/run\"", "\"path\":\"" + path + "\"")
                .replaceFirst("\"check\":\"[^\"]*\",", "");
        assertTrue(changed.length() > archive.length());
        try (WireResponse response = client().send(
                        "POST",
                        "/history/v1/import",
                        changed.getBytes(StandardCharsets.UTF_8),
                        "X-API-Key: " + key,
                        "Content-Type: application/x-ndjson")) {
            String summary = new String(response.readAll(), StandardCharsets.UTF_8);
            assertTrue(summary.contains("\"imported\":1"), summary);
        }
        awaitIndexed(id);
        return id;
    }

    /** How long all is together that sums have of the run's owner, and of the run. */
    private long bytesOfSums(String id) throws SQLException {
        return number("select (select sum(octet_length(content)) from stats_sum where owner = (select owner from run"
                + " where run_pk = " + table().key(id) + "))"
                + " + (select octet_length(content) from run_stats where run_pk = " + table().key(id) + ")");
    }

    @Test
    void takesOffWhatAnEarlierVersionHasAddedWithALongPath() throws Exception {
        String deleted = importedWith(LONG_PATH);
        asAddedWithWholePath(deleted);
        assertCounted(CUT_PATH);
        history().delete("/runs/" + deleted).then().statusCode(204);
        assertEquals(List.of(), json("/stats?groupBy=path").getList("data"));
        assertEquals(List.of(), json("/stats?groupBy=tool").getList("data"));

        String indexedAnew = importedWith(LONG_PATH);
        asAddedWithWholePath(indexedAnew);
        change(indexedAnew, FIRST, 100, "{\"inputTokens\":7}");
        assertCounted(CUT_PATH);
        assertEquals(7, json("/stats").getLong("data[0].usage.inputTokens"));
        assertTrue(bytesOfSums(indexedAnew) < 40_000, () -> "sums still hold the whole path");
    }

    /** Writes the sums of the run as versions did that did not cut paths. */
    private void asAddedWithWholePath(String id) throws SQLException {
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement();
                PreparedStatement update =
                        connection.prepareStatement("update run_stats set content = ? where run_pk = ?")) {
            connection.setAutoCommit(false);
            long runPk = table().key(id);
            byte[] content;
            String owner;
            try (ResultSet row = statement.executeQuery("select s.content, r.owner from run_stats s"
                    + " join run r on r.run_pk = s.run_pk where s.run_pk = " + runPk)) {
                row.next();
                content = row.getBytes(1);
                owner = row.getString(2);
            }
            AddedRun cut = AddedRun.read(content);
            Labels of = cut.labels();
            AddedRun whole = new AddedRun(
                    cut.hour(),
                    new Labels(of.status(), of.agent(), of.model(), LONG_PATH, of.upstream(), null),
                    cut.tools(),
                    cut.sums());
            SumRows rows = new SumRows(SumRows.Of.run(owner, runPk));
            cut.removeFrom(rows, span -> true);
            whole.addTo(rows, span -> true);
            rows.apply(connection, store().engine());
            update.setBytes(1, whole.content());
            update.setLong(2, runPk);
            update.executeUpdate();
            connection.commit();
        }
    }
}
