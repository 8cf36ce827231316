package io.runtape.journal.sql;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.idempotency.KeyClaims;
import io.runtape.store.Store;
import io.runtape.testsupport.PlanRows;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.RunningGateway;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The committer's statements find their rows by their keys even on tables that PostgreSQL knows nothing of yet, or knows as
 * empty, as those of a new installation: the committer's connection keeps its plans, and anything but the key grows with the
 * owner's history.
 */
@QuarkusTest
@WithTestResource(PostgresResource.class)
class RunRowsPlanPostgresTest extends RunningGateway {

    private static final Pattern READS_A_TABLE = Pattern.compile("(Seq|Index|Index Only|Heap|Tid) Scan");
    private static final Pattern BY_A_KEY = Pattern.compile(
            "Index Scan (using|on) (thread_pkey|run_pkey|idempotency_key_pkey|idempotency_key_expires_at_idx)\\b");

    @ParameterizedTest
    @ValueSource(
            strings = {
                PostgresRunRows.JOIN_THREADS,
                PostgresRunRows.UPDATE_HEADS,
                PostgresRunRows.UPDATE_ENDS,
                KeyClaims.DELETE_FREE,
                KeyClaims.SELECT_EXPIRED,
                KeyClaims.DELETE
            })
    void findsItsRowsByTheKey(String statement) throws SQLException {
        assertByTheKey(planOnNewTables(statement, false));
        assertByTheKey(planOnNewTables(statement, true));
    }

    private static void assertByTheKey(String plan) {
        List<String> lines = plan.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            if (READS_A_TABLE.matcher(lines.get(i)).find()) {
                assertTrue(BY_A_KEY.matcher(lines.get(i)).find(), plan);
                // Without a condition it would walk all of the index.
                assertTrue(lines.get(i + 1).contains("Index Cond: "), plan);
            }
        }
    }

    private String planOnNewTables(String statement, boolean knownAsEmpty) throws SQLException {
        try (Connection connection = store().connect();
                Statement sql = connection.createStatement()) {
            connection.setAutoCommit(false);
            sql.execute("create schema brand_new");
            sql.execute("create table brand_new.thread (like runtape.thread including all)");
            sql.execute("create table brand_new.run (like runtape.run including all)");
            sql.execute("create table brand_new.idempotency_key (like runtape.idempotency_key including all)");
            sql.execute("set local search_path = brand_new");
            if (knownAsEmpty) {
                sql.execute("analyze thread, run, idempotency_key");
            }
            sql.execute(Store.BY_KEY_ONLY);
            sql.execute("set local plan_cache_mode = force_generic_plan");
            sql.execute("prepare kept as " + PlanRows.numbered(statement));
            StringBuilder plan = new StringBuilder();
            try (ResultSet row = sql.executeQuery("explain execute kept (" + nulls(statement) + ")")) {
                while (row.next()) {
                    plan.append(row.getString(1)).append('\n');
                }
            }
            sql.execute("deallocate kept");
            connection.rollback();
            return plan.toString();
        }
    }

    private static String nulls(String statement) {
        return String.join(
                ", ",
                Collections.nCopies(
                        (int) statement.chars().filter(c -> c == '?').count(), "null"));
    }
}
