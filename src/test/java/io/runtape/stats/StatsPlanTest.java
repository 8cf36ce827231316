package io.runtape.stats;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.store.Engine;
import io.runtape.testsupport.LargeTables;
import io.runtape.testsupport.PlanRows;
import io.runtape.testsupport.RunningGateway;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sums, and the runs that are missing in some of them, are found by an index, however many there are. */
abstract class StatsPlanTest extends RunningGateway {

    private static final int ROWS = 20_000;

    @Test
    void findsItsRowsByAnIndex() throws SQLException {
        boolean h2 = store().engine() == Engine.H2;
        String numbers = h2 ? "system_range(1, " + ROWS + ") as n(i)" : "generate_series(1, " + ROWS + ") as n(i)";
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("insert into stats_sum (owner, span, start_hour, group_key, shard, content)"
                    + " select 'c-of-plans', mod(i, 14), 1000 + i / 10, mod(i, 100), 0, cast('x' as "
                    + (h2 ? "varbinary" : "bytea")
                    + ") from " + numbers);
            statement.execute(
                    "insert into run_stats (run_pk, content, in_months, in_overall, in_labels) select 920000000000000 + i, cast('x' as "
                            + (h2 ? "varbinary" : "bytea") + "), true, true, true from " + numbers);
            if (!h2) {
                statement.execute("analyze stats_sum, run_stats");
            }

            Map<String, String> indexOf = new LinkedHashMap<>();
            Engine engine = store().engine();
            indexOf.put(sums(StatsQueries.select(Span.DAY, engine), 1100), h2 ? "primary_key" : "stats_sum_fine_pkey");
            indexOf.put(
                    sums(StatsQueries.select(Span.OVERALL_DAY, engine), 1100),
                    h2 ? "primary_key" : "stats_sum_coarse_pkey");
            indexOf.put(
                    sums(StatsQueries.selectOfKeys(Span.AGENT_DAY, engine), 3000),
                    h2 ? "primary_key" : "stats_sum_coarse_by_key");
            if (!h2) {
                // A plan for any values, which the server comes to use.
                statement.execute("set local plan_cache_mode = force_generic_plan");
                statement.execute(
                        "prepare of_key as " + PlanRows.numbered(StatsQueries.selectOfKeys(Span.AGENT_DAY, engine)));
                indexOf.put("execute of_key('c-of-plans', 12, 1000, 3000, 16)", "stats_sum_coarse_by_key");
            }
            if (!h2) {
                indexOf.put(lock("stats_sum_fine", Span.DAY), "stats_sum_fine_pkey");
                indexOf.put(
                        lock("stats_sum_coarse", Span.AGENT_DAY),
                        "group_key = k.group_key) and (start_hour = k.start_hour)");
            }
            for (LaterSums later : LaterSums.values()) {
                indexOf.put(later.missing(), "run_stats_not_in_" + later.name().toLowerCase(Locale.ROOT));
            }
            for (Map.Entry<String, String> each : indexOf.entrySet()) {
                String plan = plan(statement, each.getKey());
                assertFalse(plan.contains("seq scan") || plan.contains("tablescan") || plan.contains("sort key"), plan);
                assertTrue(plan.contains(each.getValue()), plan);
            }
            connection.rollback();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"thr_long", "thr_1"})
    void findsARunOfAThreadInAPath(String thread) throws SQLException {
        LargeTables.requireOrder(
                store(),
                LargeTables.with(StatsQueries.RUN_OF_THREAD, "'o'", "'" + thread + "'"),
                "owner = 'o'",
                "run_owner_thread_id_thread_ordinal_key");
    }

    private static String sums(String select, int to) {
        return select.replaceFirst("\\?", "'c-of-plans'")
                .replaceFirst("\\?", "12")
                .replaceFirst("\\?", "1000")
                .replaceFirst("\\?", String.valueOf(to))
                .replace("any(?)", "any(array[16, 20])")
                .replace("?", "16");
    }

    private static String lock(String table, Span span) {
        return SumRows.lockOnPostgresql(table)
                .replaceFirst("\\?", "array[" + span.number() + "]")
                .replaceFirst("\\?", "array[1100]")
                .replaceFirst("\\?", "array[1001]")
                .replaceFirst("\\?", "'c-of-plans'")
                .replace("?", "0");
    }

    private static String plan(Statement statement, String lookUp) throws SQLException {
        StringBuilder plan = new StringBuilder();
        try (ResultSet row = statement.executeQuery("explain " + lookUp)) {
            while (row.next()) {
                plan.append(row.getString(1)).append('\n');
            }
        }
        return plan.toString().toLowerCase(Locale.ROOT);
    }
}
