import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What bench/history.sh does in the gateway's tables: {@code java HistoryTables JDBC-URL COMMAND [ARGUMENT]}. The commands:
 *
 * <ul>
 *   <li>{@code indexed}, {@code packed}: waits until all runs are; {@code tidied}: until no words of deleted runs are left
 *   <li>{@code spread DAYS}: moves the times of all runs apart, evenly over so many days until now, and has the gateway derive its
 *       indexes anew. No gateway may run meanwhile
 *   <li>{@code copies FRAMES}: copies the packed runs until there are so many frames
 *   <li>{@code vacuum}: vacuums and analyzes all tables, as autovacuum would sooner or later
 *   <li>{@code frames}, {@code sizes}, {@code scans}: prints the number of runs and frames, the bytes of all tables, and how often
 *       each table was read as a whole, with the rows of all these times
 * </ul>
 */
final class HistoryTables {

    /** All that is derived from runs. */
    private static final String DERIVED =
            "run_facet, run_fact, stats_sum, run_stats, search_document, search_segment, search_block, trait_segment, trait_block,"
                    + " search_removal, recorded_request";

    /** Runs of {@link Story}, and not of the recording beside the queries. */
    private static final String STORIES = "upstream <> 'live'";

    private static final int RUNS_AT_ONCE = 2000;

    private HistoryTables() {}

    public static void main(String[] args) throws Exception {
        try (Connection connection = DriverManager.getConnection(args[0]);
                Statement sql = connection.createStatement()) {
            sql.execute("set search_path to runtape");
            switch (args[1]) {
                case "indexed" -> awaitNone(sql, "run where indexed_at is null");
                case "packed" -> packed(sql);
                case "tidied" -> awaitNone(sql, "search_removal");
                case "spread" -> spread(sql, Double.parseDouble(args[2]));
                case "copies" -> copies(connection, Long.parseLong(args[2]));
                case "vacuum" -> sql.execute("vacuum analyze");
                case "frames" ->
                    System.out.println("runs " + number(sql, "select count(*) from run where " + STORIES) + " frames "
                            + number(sql, "select sum(frame_count) from run where " + STORIES) + " bytes "
                            + number(sql, "select sum(byte_count) from run where " + STORIES));
                case "sizes" -> print(sql, """
                    select coalesce(p.relname, c.relname), sum(pg_total_relation_size(c.oid)) from pg_class c
                    left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
                    where c.relnamespace = 'runtape'::regnamespace and c.relkind = 'r' group by 1 order by 2 desc\
                    """);
                case "scans" -> print(sql, """
                    select relname, seq_scan, coalesce(seq_tup_read, 0) from pg_stat_user_tables
                    where schemaname = 'runtape' and relname !~ '^block_' order by 1\
                    """);
                default -> throw new IllegalArgumentException(args[1]);
            }
        }
    }

    private static long number(Statement sql, String query) throws SQLException {
        try (ResultSet row = sql.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void print(Statement sql, String query) throws SQLException {
        try (ResultSet row = sql.executeQuery(query)) {
            while (row.next()) {
                StringBuilder line = new StringBuilder(row.getString(1));
                for (int i = 2; i <= row.getMetaData().getColumnCount(); i++) {
                    line.append('\t').append(row.getLong(i));
                }
                System.out.println(line);
            }
        }
    }

    /** Looks at one row at most: counting them all takes a processor. */
    private static void awaitNone(Statement sql, String rows) throws SQLException, InterruptedException {
        await(sql, "select count(*) from (select 1 from " + rows + " limit 1) found", 0);
    }

    private static void await(Statement sql, String query, long max) throws SQLException, InterruptedException {
        while (number(sql, query) > max) {
            Thread.sleep(200);
        }
    }

    /** Also until the partitions of blocks are dropped. */
    private static void packed(Statement sql) throws SQLException, InterruptedException {
        awaitNone(sql, "run where packed_at is null");
        await(
                sql,
                "select sum(pg_total_relation_size(inhrelid)) from pg_inherits where inhparent = 'block'::regclass",
                200_000);
    }

    private static void spread(Statement sql, double days) throws SQLException {
        sql.execute("truncate " + DERIVED);
        sql.execute("""
            create temporary table moved as
            select run_pk, (row_number() over (order by run_pk desc) - 1) * (interval '1 day' * %s)
                / (select greatest(count(*), 1) from run) as back from run\
            """.formatted(days));
        sql.execute("""
            update run r set created_at = created_at - back, first_event_at = first_event_at - back,
                completed_at = completed_at - back, indexed_at = null
            from moved where moved.run_pk = r.run_pk\
            """);
        sql.execute("""
            update thread t set created_at = r.first, updated_at = r.last from
                (select owner, thread_id, min(created_at) as first, max(completed_at) as last from run group by 1, 2) r
            where r.owner = t.owner and r.thread_id = t.id\
            """);
        sql.execute("vacuum (full, analyze) run");
        sql.execute("vacuum (full, analyze) thread");
    }

    /**
     * Each pass copies all runs there were, under a node of its own: rows of runs, threads and packed blocks, with other keys, ids,
     * times, and numbers in the prompts, so that a word that one run has stays one. The bytes of streams are the same as before,
     * and so are their digests. Nothing that is derived is copied: the gateway indexes the copies.
     */
    private static void copies(Connection connection, long frames) throws SQLException {
        try (Statement sql = connection.createStatement()) {
            sql.execute("""
                create temporary table story as select run_pk, row_number() over (order by run_pk) as number
                from run where packed_at is not null and %s\
                """.formatted(STORIES));
            sql.execute("create unique index on story (number)");
            sql.execute("analyze story");
            long runs = number(sql, "select count(*) from story");
            long each = number(sql, "select sum(frame_count) from run join story using (run_pk)") / runs;
            long wanted = frames / each - runs;
            for (long pass = 1; (pass - 1) * runs < wanted; pass++) {
                long node = number(sql, "select nextval('node_id_sequence')");
                long last = Math.min(runs, wanted - (pass - 1) * runs);
                for (long from = 0; from < last; from += RUNS_AT_ONCE) {
                    copy(connection, pass, node, from, Math.min(from + RUNS_AT_ONCE, last));
                }
            }
        }
    }

    private static void copy(Connection connection, long pass, long node, long after, long last) throws SQLException {
        // Between this run and the one before it, so that all are as far apart as before.
        String back = "interval '1 second' * " + pass * 37;
        String source = " from story join run r using (run_pk) where number > " + after + " and number <= " + last;
        String key = "(" + (node << 40) + " + number)";
        String thread = "thread_id || '_" + pass + "'";
        Map<String, String> changed = Map.of(
                "run_pk",
                key,
                "node_id",
                Long.toString(node),
                "id",
                "'run_' || gen_random_uuid()",
                "upstream_run_id",
                "upstream_run_id || '_" + pass + "'",
                "thread_id",
                thread,
                "prompt",
                renumbered("prompt", pass),
                "request_body",
                "convert_to(" + renumbered("convert_from(request_body, 'UTF8')", pass) + ", 'UTF8')",
                "indexed_at",
                "null");
        List<String> columns = columns(connection, "run");
        String values = columns.stream()
                .map(column -> changed.getOrDefault(
                        column, column.matches("(created|first_event|completed)_at") ? column + " - " + back : column))
                .collect(Collectors.joining(", "));
        connection.setAutoCommit(false);
        try (Statement sql = connection.createStatement()) {
            sql.execute("insert into run (" + String.join(", ", columns) + ") select " + values + source);
            sql.execute("insert into packed_block (run_pk, last_sequence, plain_length, content)"
                    + " select " + key + ", last_sequence, plain_length, content"
                    + " from story join packed_block using (run_pk) where number > " + after + " and number <= "
                    + last);
            sql.execute("insert into thread (owner, id, title, agent, archived, last_ordinal, created_at, updated_at)"
                    + " select owner, " + thread + ", title, agent, archived, last_ordinal, t.created_at - " + back
                    + ", updated_at - " + back + " from (select distinct r.owner, r.thread_id" + source + ") r"
                    + " join thread t using (owner) where t.id = r.thread_id on conflict do nothing");
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    /** With other words where a run has a word of its own. */
    private static String renumbered(String text, long pass) {
        return "regexp_replace(" + text + ", '(only|rare)([0-9]+)', '\\1\\2c" + pass + "', 'g')";
    }

    private static List<String> columns(Connection connection, String table) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select column_name from information_schema.columns"
                + " where table_schema = 'runtape' and table_name = ? order by ordinal_position")) {
            select.setString(1, table);
            List<String> columns = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    columns.add(row.getString(1));
                }
            }
            return columns;
        }
    }
}
