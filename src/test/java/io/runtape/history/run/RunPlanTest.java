package io.runtape.history.run;

import static io.runtape.testsupport.LargeTables.with;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.Owner;
import io.runtape.facet.Place;
import io.runtape.facet.RunCriteria;
import io.runtape.facet.RunOrder;
import io.runtape.facet.RunOrder.By;
import io.runtape.history.ListFilter;
import io.runtape.run.Run;
import io.runtape.testsupport.IssuedStatements;
import io.runtape.testsupport.LargeTables;
import io.runtape.testsupport.RunningGateway;
import jakarta.inject.Inject;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lists and look-ups of runs find their rows by an index, on tables of any size. */
abstract class RunPlanTest extends RunningGateway {

    private static final Owner OWNER = new Owner("o");

    private static final String TIME = "timestamp with time zone '2030-01-01 00:00:00+00'";

    @Inject
    RunQueries runs;

    @ParameterizedTest
    @CsvSource({"true, false", "true, true", "false, false", "false, true"})
    void listsRunsInTheOrderOfAnIndex(boolean newestFirst, boolean goesOn) throws SQLException {
        Instant until = Instant.parse("2030-01-01T00:00:00Z");
        ListFilter time = new ListFilter(
                List.of(), Optional.of(Instant.EPOCH), Optional.of(until), Optional.empty(), Optional.empty());
        RunSelection selection =
                new RunSelection(Filters.of(time), new RunCriteria(OWNER).created(time.since(), time.end()));
        Optional<Place> after = goesOn ? Optional.of(new Place(1_767_225_600_000_000L, 15_000)) : Optional.empty();

        String sql = only(
                IssuedStatements.of(() -> runs.places(selection, new RunOrder(By.CREATED_AT, newestFirst), after, 51)));

        String[] values = goesOn
                ? new String[] {"'o'", TIME.replace("2030", "1970"), TIME, TIME, TIME, "15000", "0", "51"}
                : new String[] {"'o'", TIME.replace("2030", "1970"), TIME, "0", "51"};
        LargeTables.requireOrder(store(), with(sql, values), "run_by_time", "run_owner_created_at_run_pk_idx");
    }

    @ParameterizedTest
    @CsvSource({"thr_long", "thr_1"})
    void listsRunsOfAThreadInTheOrderOfAnIndex(String thread) throws SQLException {
        String sql = only(IssuedStatements.of(
                () -> runs.listedOfThread(OWNER, thread, 0, Long.MAX_VALUE, RunPages.Bounds.ofPage(50))));

        LargeTables.requireOrder(
                store(),
                with(sql, "'o'", "'" + thread + "'", "0", "9000", "0", "51"),
                "owner = 'o'",
                "run_owner_thread_id_thread_ordinal_key");
    }

    @ParameterizedTest
    @CsvSource({"false, 0", "false, 1", "true, 0", "true, 1"})
    void findsARunByItsIdAndByThatOfTheAgentApi(boolean keyAlone, int nth) throws SQLException {
        List<String> both =
                IssuedStatements.of(() -> QuarkusTransaction.requiringNew().run(() -> {
                    if (keyAlone) {
                        Run.keyOf(OWNER, "none");
                    } else {
                        Run.of(OWNER, "none");
                    }
                }));
        assertEquals(2, both.size(), both.toString());
        String sql = both.get(nth);

        LargeTables.requireIndex(
                store(),
                with(sql, "'o'", "'run_1'", "1"),
                nth == 0 ? "id = 'run_1'" : "run_by_upstream_id",
                nth == 0 ? "run_owner_id_key" : "run_owner_upstream_run_id_idx");
    }

    @ParameterizedTest
    @CsvSource({"thr_long", "thr_1"})
    void findsTheRunsOfAThreadThatIsDeleted(String thread) throws SQLException {
        String quoted = "'" + thread + "'";
        for (String next : List.of(Deletion.RUNS_OF_THREAD, EmptyThreads.RUN_OF_THREAD)) {
            LargeTables.requireOrder(
                    store(), with(next, "'o'", quoted, "100"), "owner = 'o'", "run_owner_thread_id_thread_ordinal_key");
        }
        LargeTables.requireIndex(
                store(), EmptyThreads.SETTLED, "and thread_id = s.thread_id", "run_owner_thread_id_thread_ordinal_key");
        // By the thread, or by what is live.
        LargeTables.requireIndex(store(), with(Deletion.RUNNING_OF_THREAD, "'o'", quoted), "runtape.", "index scan");
    }

    @ParameterizedTest
    @CsvSource({"thr_long", "thr_1"})
    void findsWhatIsGoneOfAThreadByAnIndex(String thread) throws SQLException {
        String sql = only(IssuedStatements.of(() -> QuarkusTransaction.requiringNew()
                .run(() -> Run.lastExpiredInThread(OWNER, thread, 0, Long.MAX_VALUE))));

        LargeTables.requireIndex(
                store(),
                with(sql, "'o'", "'" + thread + "'", "0", "9000", "1"),
                "owner = 'o'",
                "run_owner_thread_id_thread_ordinal_key");
    }

    @Test
    void addsUpTheBytesOfAThreadByAnIndex() throws SQLException {
        String sql = only(IssuedStatements.of(
                () -> QuarkusTransaction.requiringNew().run(() -> Run.bytesInThread(OWNER, "thr_1"))));

        LargeTables.requireIndex(
                store(), with(sql, "'o'", "'thr_1'"), "owner = 'o'", "run_owner_thread_id_thread_ordinal_key");
    }

    private static String only(List<String> statements) {
        assertEquals(1, statements.size(), statements.toString());
        return statements.get(0);
    }
}
