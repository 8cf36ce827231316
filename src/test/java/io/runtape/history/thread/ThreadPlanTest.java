package io.runtape.history.thread;

import static io.runtape.testsupport.LargeTables.with;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.Owner;
import io.runtape.history.thread.ThreadQueries.StreamPosition;
import io.runtape.store.Engine;
import io.runtape.testsupport.IssuedStatements;
import io.runtape.testsupport.LargeTables;
import io.runtape.testsupport.RunningGateway;
import jakarta.inject.Inject;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The statements about many threads find their rows by an index, on tables of any size. */
abstract class ThreadPlanTest extends RunningGateway {

    /** So many that PostgreSQL might rather walk a table. */
    private static final String IDS = IntStream.rangeClosed(1, 300)
            .mapToObj(i -> "'thr_" + i + "'")
            .collect(Collectors.joining(", ", "array[", "]"));

    private static final String OWNERS =
            IntStream.rangeClosed(1, 300).mapToObj(i -> "'o'").collect(Collectors.joining(", ", "array[", "]"));

    private static final String RUNS =
            IntStream.rangeClosed(1, 1000).mapToObj(String::valueOf).collect(Collectors.joining(", ", "array[", "]"));

    private static final String TIME = "timestamp with time zone '2030-01-01 00:00:00+00'";

    @Inject
    ThreadQueries threads;

    private static String statement(String name, boolean h2) {
        return switch (name) {
            case "threads" -> with(ThreadRuns.THREADS_OF, RUNS, "'o'");
            case "newest runs" ->
                h2
                        ? with(ThreadRuns.NEWEST_ON_H2, "'o'", "'thr_1'")
                        : with(ThreadRuns.NEWEST_ON_POSTGRESQL, IDS, "'o'");
            case "counts" -> h2 ? with(ThreadCounts.ON_H2, IDS, OWNERS) : with(ThreadCounts.ON_POSTGRESQL, IDS, "'o'");
            case "listed" ->
                h2
                        ? with(ThreadsById.LISTED_ON_H2, IDS, OWNERS, TIME, TIME, TIME, TIME, "''")
                        : with(ThreadsById.LISTED_ON_POSTGRESQL, IDS, "'o'", TIME, TIME, TIME, TIME, "''");
            case "untold names" -> with(ThreadsById.UNTOLD, "'o'");
            case "names" -> with(ThreadsById.NAMED, "'o'", "2001");
            case "names, and untold ones" -> with(ThreadsById.NAMED_AND_UNTOLD, "'o'", "2001", "'o'");
            case "names of threads" ->
                h2
                        ? with(ThreadsById.NAMED_OF_ON_H2, IDS, OWNERS)
                        : with(ThreadsById.NAMED_OF_ON_POSTGRESQL, IDS, "'o'");
            default -> throw new IllegalArgumentException(name);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "threads, primary_key, run_pkey",
        "newest runs, thread_id = 'thr_1', run_owner_thread_id_thread_ordinal_key",
        "counts, owner = t.owner, run_owner_thread_id_thread_ordinal_key",
        "listed, id = asked.id, thread_pkey",
        "untold names, run_by_time, run_owner_created_at_run_pk_idx",
        "names, primary_key, thread_name_pkey",
        "'names, and untold ones', run_by_time, thread_name_pkey",
        "names of threads, thread_id = asked.id, thread_name_pkey"
    })
    void findsItsRowsByAnIndex(String name, String onH2, String onPostgres) throws SQLException {
        LargeTables.requireIndex(store(), statement(name, store().engine() == Engine.H2), onH2, onPostgres);
    }

    /** As many as a deletion looks at together. */
    @Test
    void countsThreadsWithARunThatGoesOnByAnIndex() throws SQLException {
        List<StreamPosition> places = IntStream.rangeClosed(1, 500)
                .mapToObj(i -> new StreamPosition(Instant.EPOCH, "thr_" + i))
                .toList();
        List<String> issued = IssuedStatements.of(
                () -> QuarkusTransaction.requiringNew().run(() -> threads.running(new Owner("o"), places)));
        assertEquals(1, issued.size(), issued::toString);
        String sql = issued.get(0);
        List<String> values = new ArrayList<>(List.of("'o'"));
        long ids = sql.chars().filter(c -> c == '?').count() - 2;
        for (long i = 1; i <= ids; i++) {
            values.add("'thr_" + i + "'");
        }
        values.add("'running'");

        LargeTables.requireIndex(store(), with(sql, values.toArray(String[]::new)), "thread_id", "thread_pkey");
    }
}
