package io.runtape.history.thread;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.access.Owner;
import io.runtape.history.ListFilter;
import io.runtape.store.Engine;
import io.runtape.testsupport.RunningGateway;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A walk takes the index of the list, stops at its length, and goes on where it stopped. */
abstract class ThreadWalkTest extends RunningGateway {

    private static final Owner OWNER = new Owner("c-of-the-walks");

    /** Each began a second after the one before, and ended it at once. */
    private static final int THREADS = 2 * ThreadWalk.LENGTH + 10;

    private static final Instant FIRST = Instant.parse("2026-01-01T00:00:00Z");

    @Inject
    ThreadWalk walk;

    @BeforeEach
    void fill() throws SQLException {
        String numbers = store().engine() == Engine.H2
                ? "system_range(1, " + THREADS + ") as s(n)"
                : "generate_series(1, " + THREADS + ") as s(n)";
        String time = store().engine() == Engine.H2
                ? "dateadd(second, n, timestamp with time zone '2026-01-01 00:00:00+00')"
                : "timestamp with time zone '2026-01-01 00:00:00+00' + n * interval '1 second'";
        execute(
                "insert into thread (owner, id, agent, archived, last_ordinal, created_at, updated_at) select 'c-of-the-walks',"
                        + " 'thr_' || n, case when mod(n, 2) = 0 then 'even' else 'odd' end, false, 1, " + time + ", "
                        + time
                        + " from " + numbers,
                store().engine() == Engine.H2 ? "analyze table thread" : "analyze thread");
    }

    @AfterEach
    void empty() throws SQLException {
        execute("delete from thread where owner = 'c-of-the-walks'");
    }

    private void execute(String... statements) throws SQLException {
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        }
    }

    @Test
    void findsAllThatAreWantedOneAfterTheOther() throws SQLException {
        ThreadWalk.Wanted wanted =
                new ThreadWalk.Wanted(Set.of("thr_9000", "thr_9001", "thr_77"), FIRST.plusSeconds(12));

        assertEquals(ids(9001, 9000, 77, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1), all(wanted, 300, Optional.empty()));
        assertEquals(ids(9001, 9000, 77, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1), all(wanted, 2, Optional.empty()));
        assertEquals(ids(9001, 77, 11, 9, 7, 5, 3, 1), all(wanted, 2, Optional.of("odd")));
    }

    /** The row on which a walk stops is not wanted. */
    @Test
    void stopsBehindSoManyThreads() throws SQLException {
        ThreadWalk.Wanted first = new ThreadWalk.Wanted(Set.of("thr_" + THREADS), Instant.EPOCH);

        ThreadWalk.Stretch stretch = walk.next(OWNER, filter(Optional.empty()), first, Optional.empty(), 300);

        assertEquals(
                List.of("thr_" + THREADS),
                stretch.threads().stream().map(ListedThread::id).toList());
        assertEquals("thr_" + (THREADS - ThreadWalk.LENGTH + 1), stretch.next().id());
    }

    @Test
    void takesTheIndexOfTheList() throws SQLException {
        ThreadListing list = new ThreadListing(
                store().engine(), OWNER, filter(Optional.empty()), Optional.empty(), ThreadWalk.LENGTH);
        String walked = ThreadWalk.sql(store().engine(), list)
                .replace("(?)", "(array['thr_1', 'thr_2'])")
                .replace("limit ?) s", "limit 5000) s")
                .replace("limit ?", "limit 300")
                .replace("id < ?", "id < 'thr_5'")
                .replace("owner = ?", "owner = 'c-of-the-walks'")
                .replace("?", "'2026-01-01 01:00:00+00'");
        StringBuilder plan = new StringBuilder();
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("explain " + walked)) {
            while (row.next()) {
                plan.append(row.getString(1).toLowerCase(Locale.ROOT)).append('\n');
            }
        }
        assertTrue(plan.indexOf("thread_by_activity") >= 0, plan.toString());
        assertFalse(plan.indexOf("sort  (") >= 0 || plan.indexOf("tablescan") >= 0, plan.toString());
    }

    private List<String> all(ThreadWalk.Wanted wanted, int count, Optional<String> agent) throws SQLException {
        List<String> ids = new ArrayList<>();
        Optional<ThreadQueries.StreamPosition> after = Optional.empty();
        do {
            ThreadWalk.Stretch stretch = walk.next(OWNER, filter(agent), wanted, after, count);
            stretch.threads().forEach(thread -> ids.add(thread.id()));
            after = Optional.ofNullable(stretch.next());
        } while (after.isPresent());
        return ids;
    }

    private static ThreadFilter filter(Optional<String> agent) {
        List<String> agents = agent.map(List::of).orElse(List.of());
        return new ThreadFilter(
                new ListFilter(agents, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty()),
                Optional.empty());
    }

    private static List<String> ids(int... numbers) {
        return IntStream.of(numbers).mapToObj(number -> "thr_" + number).toList();
    }
}
