package io.runtape.testsupport;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.store.Engine;
import io.runtape.store.Store;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** How the database would answer a statement, on large tables of runs and threads that are mostly one owner's, {@code o}. */
public final class LargeTables {

    private static final Pattern BY_LIST = Pattern.compile("index cond: .* any \\(");

    private static final List<String> TABLES = List.of(
            "run",
            "thread",
            "thread_name",
            "spared_thread",
            "recorded_request",
            "search_document",
            "search_segment",
            "search_block",
            "search_removal",
            "ticket");

    private LargeTables() {}

    /** Requires that a statement finds its rows by an index, and returns its plan, in small letters. */
    public static String requireIndex(Store store, String sql, String onH2, String onPostgres) throws SQLException {
        boolean h2 = store.engine() == Engine.H2;
        String plan = plan(store, sql);

        assertFalse(plan.contains("seq scan") || plan.contains("tablescan"), plan);
        assertTrue(plan.contains(h2 ? onH2 : onPostgres), plan);
        if (!h2 && plan.contains(" any (")) {
            assertTrue(BY_LIST.matcher(plan).find(), plan);
        }
        return plan;
    }

    /** The same of a list: it must also come in its order from the index, since a page would else cost as much as all pages. */
    public static String requireOrder(Store store, String sql, String onH2, String onPostgres) throws SQLException {
        String plan = requireIndex(store, sql, onH2, onPostgres);

        assertTrue(store.engine() == Engine.H2 ? plan.contains("index sorted") : !plan.contains("sort"), plan);
        return plan;
    }

    /** A statement with values in the place of its parameters. */
    public static String with(String sql, String... values) {
        String statement = sql;
        for (String value : values) {
            statement = statement.replaceFirst("\\?", value);
        }
        return statement;
    }

    private static String plan(Store store, String sql) throws SQLException {
        try (Connection connection = store.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            if (store.engine() == Engine.H2) {
                fillOnH2(statement);
            } else {
                enterOnPostgres(connection, statement);
            }
            StringBuilder plan = new StringBuilder();
            try (ResultSet row = statement.executeQuery("explain " + sql)) {
                while (row.next()) {
                    plan.append(row.getString(1)).append('\n');
                }
            }
            connection.rollback();
            return plan.toString().toLowerCase(Locale.ROOT);
        }
    }

    /** H2 takes a table with few rows for one that may be walked. */
    private static void fillOnH2(Statement statement) throws SQLException {
        statement.execute("""
                insert into thread (owner, id, last_ordinal, created_at, updated_at)
                select 'o', 'thr_' || n, 1, now(), now() from system_range(1, 3000) as s(n)""");
        statement.execute("insert into thread_name select owner, id from thread where owner = 'o'");
    }

    /** The tables are beside those of the gateway, and stay for the next statement. */
    private static void enterOnPostgres(Connection connection, Statement statement) throws SQLException {
        boolean there;
        try (ResultSet row = statement.executeQuery("select to_regnamespace('large') is not null")) {
            row.next();
            there = row.getBoolean(1);
        }
        if (!there) {
            fillOnPostgres(statement);
            connection.commit();
        }
        statement.execute("set local search_path = large");
    }

    /** PostgreSQL plans by what it knows of its tables: here they are large, and one owner has most of what there is. */
    private static void fillOnPostgres(Statement statement) throws SQLException {
        statement.execute("create schema large");
        statement.execute("set local search_path = large");
        for (String table : TABLES) {
            make(statement, table);
        }
        // One row at the most.
        make(statement, "thread_name_since");
        statement.execute("""
                insert into run (run_pk, owner, id, thread_id, thread_ordinal, node_id, path, status, stream, metadata, config,
                    request_body, upstream_status, created_at, completed_at, indexed_at)
                select n, 'o', 'run_' || n, case when n % 3 = 0 then 'thr_long' else 'thr_' || n end, n, 1, '/v1/run',
                    case when n % 10000 = 0 then 'running' else 'completed' end, true, '{}', '{}', cast('' as bytea), 200,
                    now() - n * interval '1 second', case when n % 10000 = 0 then null else now() end,
                    case when n % 5000 = 1 then null else now() end
                from generate_series(1, 30000) n""");
        statement.execute("""
                insert into thread (owner, id, last_ordinal, created_at, updated_at)
                select 'o', 'thr_' || n, 1, now(), now() from generate_series(1, 30000) n""");
        statement.execute("insert into thread_name select owner, id from thread");
        statement.execute("insert into spared_thread select owner, id from thread");
        statement.execute(
                "insert into search_document select n, cast('text' as bytea) from generate_series(1, 30000) n");
        statement.execute("""
                insert into search_segment
                select n, 'o' || n % 500, n % 3, n, n, 1, cast('' as bytea), cast('' as bytea) from generate_series(1, 30000) n""");
        statement.execute("insert into search_block select n, cast('terms' as bytea) from generate_series(1, 30000) n");
        statement.execute(
                "insert into search_removal select n, 'o' || n % 500, now() from generate_series(1, 30000) n");
        statement.execute(
                "insert into recorded_request select n, 'o', 'k' || n % 5000 from generate_series(1, 30000) n");
        statement.execute(
                "insert into ticket (hash, owner, run_pk, expires_at)"
                        + " select 'h' || n, 'o', n, now() + (n - 1000) * interval '1 second' from generate_series(1, 30000) n");
        statement.execute("analyze " + String.join(", ", TABLES));
    }

    private static void make(Statement statement, String table) throws SQLException {
        statement.execute("create table " + table + " (like runtape." + table + " including all)");
    }
}
