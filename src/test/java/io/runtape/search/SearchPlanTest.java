package io.runtape.search;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.segment.SegmentKind;
import io.runtape.segment.SegmentMerge;
import io.runtape.segment.SegmentReader;
import io.runtape.segment.SegmentReader.Part;
import io.runtape.store.Engine;
import io.runtape.testsupport.RunningGateway;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The statements of indexing and of searches find their rows by an index, on tables of any size. */
abstract class SearchPlanTest extends RunningGateway {

    private static final String UNINDEXED = """
            select run_pk from run
            where indexed_at is null and completed_at is not null
            and (run_pk between 1 and 2 or completed_at < '2030-01-01 00:00:00+00')
            order by indexed_at desc, completed_at desc, run_pk desc limit 50""";

    private static final String FILTERED = """
            select created_at, run_pk from run
            where run_pk in (1, 2, 3) and substring(owner, 1, 128) = 'o' and agent = 'a' and created_at < '2030-01-01 00:00:00+00'
            order by created_at desc, run_pk desc""";

    private static final String THREADS =
            "select run_pk, thread_id from run where run_pk = any(array[%s]) and substring(owner, 1, 128) = 'o'"
                    .formatted(keys(1000));

    private static final String THREAD_IDS = keys(300).replaceAll("(\\d+)", "'thr_$1'");

    private static final String OWNERS =
            IntStream.rangeClosed(1, 300).mapToObj(i -> "'o'").collect(Collectors.joining(", "));

    private static final String RUNS_OF_THREADS_ON_H2 = """
            select r.thread_id, r.run_pk, r.created_at from unnest(array[%s], array[%s]) as asked(id, owner)
            join thread t on t.id = asked.id and t.owner = asked.owner
            join run r on r.owner = t.owner and r.thread_id = t.id and r.thread_ordinal > t.last_ordinal - 500
            order by r.thread_id, r.thread_ordinal desc""".formatted(THREAD_IDS, OWNERS);

    private static final String RUNS_OF_THREADS_ON_POSTGRESQL = """
            select r.thread_id, r.run_pk, r.created_at from unnest(array[%s]) as asked(id) cross join lateral (
                select thread_id, run_pk, created_at from run where owner = 'o' and thread_id = asked.id
                    and thread_ordinal is not null
                order by owner desc, thread_id desc, thread_ordinal desc limit 500) r""".formatted(THREAD_IDS);

    private static final String COUNTS_OF_THREADS = """
            select t.id,
                (select array_agg(r.run_pk) filter (where r.status = 'running') from run r
                    where r.owner = t.owner and r.thread_id = t.id and r.thread_ordinal is not null),
                (select r.status from run r
                    where r.owner = t.owner and r.thread_id = t.id and r.thread_ordinal is not null
                    order by r.owner desc, r.thread_id desc, r.thread_ordinal desc limit 1)
            from""";

    private static final String COUNTS_OF_THREADS_ON_H2 = COUNTS_OF_THREADS
            + " unnest(array[%s], array[%s]) as asked(id, owner) join thread t on t.id = asked.id and t.owner = asked.owner"
                    .formatted(THREAD_IDS, OWNERS);

    private static final String COUNTS_OF_THREADS_ON_POSTGRESQL =
            COUNTS_OF_THREADS + " thread t where t.id = any(array[%s]) and t.owner = 'o'".formatted(THREAD_IDS);

    private static final String LISTED =
            "select t.id, t.title, t.agent, t.archived, t.created_at, t.updated_at, t.last_ordinal from";

    private static final String LATEST = """

            and t.updated_at >= '1970-01-01 00:00:00+00' and t.updated_at < '2030-01-01 00:00:00+00'
            and t.updated_at <= '2030-01-01 00:00:00+00' and (t.updated_at < '2030-01-01 00:00:00+00' or t.id < '')
            order by t.updated_at desc, t.id desc""";

    private static final String LISTED_ON_H2 = LISTED + " unnest(array[" + THREAD_IDS + "], array[" + OWNERS
            + "]) as asked(id, owner) join thread t on t.id = asked.id and t.owner = asked.owner"
            + LATEST.replace("t.updated_at <", "dateadd(second, 0, t.updated_at) <")
                    .replace("t.updated_at >", "dateadd(second, 0, t.updated_at) >");

    private static final String LISTED_ON_POSTGRESQL =
            LISTED + " thread t where t.id = any(array[" + THREAD_IDS + "]) and t.owner = 'o'" + LATEST;

    private static final String UNTOLD_NAMES = """
            select 1 from run where owner = 'o' and run_pk > 0 and created_at < (select max(at) from thread_name_since)
            order by owner, created_at, run_pk limit 1""";

    private static final String NAMES =
            "select thread_id from thread_name where owner = 'o' order by owner, thread_id limit 2001";

    private static final String NAMES_OF_ON_H2 = "select n.thread_id from unnest(array[" + THREAD_IDS + "], array["
            + OWNERS + "]) as asked(id, owner) join thread_name n on n.thread_id = asked.id and n.owner = asked.owner";

    private static final String NAMES_OF_ON_POSTGRESQL =
            "select n.thread_id from thread_name n where n.thread_id = any(array[%s]) and n.owner = 'o'"
                    .formatted(THREAD_IDS);

    /** So many keys that PostgreSQL might rather walk a table. */
    private static String keys(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(String::valueOf).collect(Collectors.joining(", "));
    }

    private static String statement(String name, boolean h2) {
        return switch (name) {
            case "unindexed" -> UNINDEXED;
            case "filtered" -> FILTERED;
            case "threads" -> THREADS;
            case "runs of threads" -> h2 ? RUNS_OF_THREADS_ON_H2 : RUNS_OF_THREADS_ON_POSTGRESQL;
            case "counts of threads" -> h2 ? COUNTS_OF_THREADS_ON_H2 : COUNTS_OF_THREADS_ON_POSTGRESQL;
            case "listed threads" -> h2 ? LISTED_ON_H2 : LISTED_ON_POSTGRESQL;
            case "untold names" -> UNTOLD_NAMES;
            case "names" -> NAMES;
            case "names of threads" -> h2 ? NAMES_OF_ON_H2 : NAMES_OF_ON_POSTGRESQL;
            case "live" -> Search.LIVE.replace("?", "'o'");
            case "just ended" -> Search.JUST_ENDED.replace("?", "'o'");
            case "prompts" -> Search.PROMPTS_OF.replace("?", "array[1, 2, 3]");
            case "texts" -> Search.TEXTS_OF.replace("?", "array[1, 2, 3]");
            case "segments" -> SegmentReader.SEGMENTS.replace("?", "'o'");
            case "directories" -> Part.DIRECTORY.sql(SegmentKind.WORDS).replace("?", "array[1, 2, 3]");
            case "blocks" -> Part.BLOCK.sql(SegmentKind.WORDS).replace("?", "array[1, 2, 3]");
            case "documents" -> Part.DOCUMENTS.sql(SegmentKind.WORDS).replace("?", "array[1, 2, 3]");
            case "merged" -> SegmentMerge.COUNT.replaceFirst("\\?", "'o'").replace("?", "1");
            default -> throw new IllegalArgumentException(name);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "unindexed, run_unindexed, run_indexed_at_completed_at_run_pk_idx",
        "filtered, primary_key, run_pkey",
        "threads, primary_key, run_pkey",
        "runs of threads, owner = t.owner, run_owner_thread_id_thread_ordinal_key",
        "counts of threads, owner = t.owner, run_owner_thread_id_thread_ordinal_key",
        "listed threads, id = asked.id, thread_pkey",
        "untold names, run_by_time, run_owner_created_at_run_pk_idx",
        "names, primary_key, thread_name_pkey",
        "names of threads, thread_id = asked.id, thread_name_pkey",
        "live, run_live, run_status_idx",
        "just ended, run_unindexed, run_indexed_at_completed_at_run_pk_idx",
        "prompts, primary_key, run_pkey",
        "texts, primary_key, run_pkey",
        "segments, search_segment_by_owner, search_segment_owner_level_idx",
        "directories, primary_key, search_segment_pkey",
        "blocks, primary_key, search_block_pkey",
        "documents, primary_key, search_segment_pkey",
        "merged, search_segment_by_owner, search_segment_owner_level_idx"
    })
    void findsItsRowsByAnIndex(String name, String onH2, String onPostgres) throws SQLException {
        boolean h2 = store().engine() == Engine.H2;
        String plan = plan(statement(name, h2), h2).toLowerCase(Locale.ROOT);

        assertFalse(plan.contains("seq scan") || plan.contains("tablescan"), plan);
        assertTrue(plan.contains(h2 ? onH2 : onPostgres), plan);
        if (!h2 && plan.contains(" any (")) {
            assertTrue(Pattern.compile("index cond: .* any \\(").matcher(plan).find(), plan);
        }
        if (name.equals("unindexed")) {
            assertTrue(h2 ? plan.contains("index sorted") : !plan.contains("sort"), plan);
        }
    }

    private String plan(String sql, boolean h2) throws SQLException {
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            if (h2) {
                // H2 takes a table with few rows for one that may be walked.
                statement.execute("""
                        insert into thread (owner, id, last_ordinal, created_at, updated_at)
                        select 'o', 'thr_' || n, 1, now(), now() from system_range(1, 3000) as s(n)""");
                statement.execute("insert into thread_name select owner, id from thread where owner = 'o'");
            } else {
                fill(statement);
            }
            StringBuilder plan = new StringBuilder();
            try (ResultSet row = statement.executeQuery("explain " + sql)) {
                while (row.next()) {
                    plan.append(row.getString(1)).append('\n');
                }
            }
            connection.rollback();
            return plan.toString();
        }
    }

    /** PostgreSQL plans by what it knows of its tables: here they are large, and one owner has most of what there is. */
    private static void fill(Statement statement) throws SQLException {
        statement.execute("create schema large");
        statement.execute("set local search_path = large");
        for (String table : List.of(
                "run",
                "thread",
                "thread_name",
                "thread_name_since",
                "search_document",
                "search_segment",
                "search_block",
                "search_removal")) {
            statement.execute("create table " + table + " (like runtape." + table + " including all)");
        }
        statement.execute("""
                insert into run (run_pk, owner, id, thread_id, node_id, path, status, stream, metadata, config,
                    request_body, created_at, completed_at, indexed_at)
                select n, 'o', 'run_' || n, 'thr_' || n, 1, '/v1/run', case when n % 10000 = 0 then 'running'
                    else 'completed' end, true, '{}', '{}', cast('' as bytea), now() - n * interval '1 second',
                    case when n % 10000 = 0 then null else now() end, case when n % 5000 = 1 then null else now() end
                from generate_series(1, 30000) n""");
        statement.execute("""
                insert into thread (owner, id, last_ordinal, created_at, updated_at)
                select 'o', 'thr_' || n, 1, now(), now() from generate_series(1, 30000) n""");
        statement.execute("insert into thread_name select owner, id from thread");
        statement.execute(
                "insert into search_document select n, cast('text' as bytea) from generate_series(1, 30000) n");
        statement.execute("""
                insert into search_segment
                select n, 'o' || n % 500, n % 3, n, n, 1, cast('' as bytea), cast('' as bytea) from generate_series(1, 30000) n""");
        statement.execute("insert into search_block select n, cast('terms' as bytea) from generate_series(1, 30000) n");
        statement.execute("analyze run, thread, thread_name, search_document, search_segment, search_block");
    }
}
