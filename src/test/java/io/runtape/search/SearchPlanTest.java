package io.runtape.search;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.store.Engine;
import io.runtape.testsupport.RunningGateway;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The statements of indexing and of searches find their rows by an index, on tables of any size. */
abstract class SearchPlanTest extends RunningGateway {

    private static final String UNINDEXED = """
            select run_pk from run
            where indexed_at is null and completed_at is not null
            order by indexed_at desc, completed_at desc, run_pk desc limit 50""";

    private static final String FILTERED = """
            select created_at, run_pk from run
            where owner = 'o' and run_pk > 0 and status = 'completed' and created_at < '2030-01-01 00:00:00+00'
            and run_pk in (1, 2, 3) order by created_at desc, run_pk desc""";

    private static String statement(String name) {
        return switch (name) {
            case "unindexed" -> UNINDEXED;
            case "filtered" -> FILTERED;
            case "live" -> Search.LIVE.replace("?", "'o'");
            case "texts" -> Search.TEXTS_OF.formatted("1, 2, 3");
            case "segments" -> Candidates.SEGMENTS.replace("?", "'o'");
            case "blocks" -> Candidates.BLOCKS.formatted("1, 2, 3");
            case "documents" -> Candidates.DOCUMENTS.formatted("1, 2, 3");
            case "merged" -> SegmentMerge.COUNT.replaceFirst("\\?", "'o'").replace("?", "1");
            default -> throw new IllegalArgumentException(name);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "unindexed, run_unindexed",
        "filtered, run_pkey",
        "live, run_live",
        "texts, run_pkey",
        "segments, search_segment_by_owner",
        "blocks, search_block_pkey",
        "documents, search_segment_pkey",
        "merged, search_segment_by_owner"
    })
    void findsItsRowsByAnIndex(String name, String index) throws SQLException {
        boolean h2 = store().engine() == Engine.H2;
        String plan = plan(statement(name), h2).toLowerCase(Locale.ROOT);

        assertFalse(plan.contains("seq scan") || plan.contains("tablescan"), plan);
        assertTrue(h2 && index.endsWith("_pkey") ? plan.contains("primary_key") : plan.contains(index), plan);
        if (name.equals("unindexed")) {
            assertTrue(h2 ? plan.contains("index sorted") : !plan.contains("sort"), plan);
        }
    }

    private String plan(String sql, boolean h2) throws SQLException {
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            if (!h2) {
                // A small table is read as a whole, unless that is forbidden; without a usable index it still is.
                statement.execute("set enable_seqscan = off");
                statement.execute("set enable_bitmapscan = off");
            }
            StringBuilder plan = new StringBuilder();
            try (ResultSet row = statement.executeQuery("explain " + sql)) {
                while (row.next()) {
                    plan.append(row.getString(1)).append('\n');
                }
            }
            return plan.toString();
        }
    }
}
