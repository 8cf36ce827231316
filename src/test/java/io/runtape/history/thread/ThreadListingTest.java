package io.runtape.history.thread;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.access.Owner;
import io.runtape.history.ListFilter;
import io.runtape.history.ListSlice;
import io.runtape.history.thread.ThreadQueries.StreamPosition;
import io.runtape.store.Engine;
import io.runtape.testsupport.PlanRows;
import io.runtape.testsupport.RunningGateway;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lists of threads find rare ones at their far end without a look at those before. All tests read the same threads. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ThreadListingTest extends RunningGateway {

    private static final Owner OWNER = new Owner("c-of-the-listings");

    private static final int THREADS = 20_000;

    /** The oldest: of two agents in turn, and each fourth is archived. */
    private static final int RARE = 40;

    private static final int LIMIT = 25;

    @Inject
    LatestThreads latest;

    @BeforeAll
    void fill() throws SQLException {
        boolean h2 = store().engine() == Engine.H2;
        String numbers = (h2 ? "system_range" : "generate_series") + "(1, " + THREADS + ") as s(n)";
        // Two at a time have had their last activity. Others have a thread each: an owner seems to have few.
        String time = h2
                ? "dateadd(second, n / 2, timestamp with time zone '2026-01-01 00:00:00+00')"
                : "timestamp with time zone '2026-01-01 00:00:00+00' + n / 2 * interval '1 second'";
        execute(
                "insert into thread (owner, id, agent, archived, last_ordinal, created_at, updated_at) select '"
                        + OWNER.id() + "-' || n, 'thr', 'often', false, 1, " + time + ", " + time + " from " + numbers,
                "insert into thread (owner, id, agent, archived, last_ordinal, created_at, updated_at) select '"
                        + OWNER.id() + "', 'thr_' || (100000 + n), case when n > " + RARE
                        + " then 'often' when mod(n, 2) = 0 then 'even' else 'odd' end, n <= " + RARE
                        + " and mod(n, 4) = 0, 1, " + time + ", " + time + " from " + numbers,
                h2 ? "analyze table thread" : "analyze thread");
    }

    @AfterAll
    void empty() throws SQLException {
        execute("delete from thread where owner like '" + OWNER.id() + "%'");
    }

    private void execute(String... statements) throws SQLException {
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        }
    }

    private static ThreadFilter filter(List<String> agents, Boolean archived) {
        return new ThreadFilter(
                new ListFilter(agents, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty()),
                Optional.ofNullable(archived));
    }

    private static List<String> agents(String words) {
        return words == null ? List.of() : List.of(words.split(" "));
    }

    @ParameterizedTest
    @CsvSource({
        ",,", //
        "often,,",
        ",true,",
        "even,,",
        "even,true,",
        "even odd,,",
        "nobody,,",
        "nobody even,true,",
        ",true,24",
        "odd,,24",
        "odd even,,24",
        "often even,,24"
    })
    void looksAtWhatItListsAlone(String agents, Boolean archived, Integer after) throws SQLException {
        Optional<StreamPosition> position = after == null
                ? Optional.empty()
                : latest.places(OWNER, filter(agents(agents), archived), Optional.empty(), THREADS).stream()
                        .filter(place -> place.id().compareTo("thr_" + (100000 + after)) <= 0)
                        .findFirst();
        ThreadListing listing =
                new ThreadListing(store().engine(), OWNER, filter(agents(agents), archived), position, LIMIT);

        String plan = plan(listing);

        long most = PlanRows.most(store().engine(), plan);
        assertTrue(most <= 2 * LIMIT + 1, most + " rows\n" + plan);
        assertFalse(plan.contains("Seq Scan") || plan.contains("tableScan"), plan);
    }

    private String plan(ThreadListing listing) throws SQLException {
        StringBuilder plan = new StringBuilder();
        try (Connection connection = store().connect();
                PreparedStatement explain = connection.prepareStatement("explain analyze " + listing.sql())) {
            for (int i = 0; i < listing.parameters().size(); i++) {
                explain.setObject(i + 1, listing.parameters().get(i));
            }
            try (ResultSet row = explain.executeQuery()) {
                while (row.next()) {
                    plan.append(row.getString(1)).append('\n');
                }
            }
        }
        return plan.toString();
    }

    @Test
    void listsThoseOfSomeAgentsPageByPage() throws SQLException {
        List<String> even = IntStream.rangeClosed(1, RARE / 2)
                .mapToObj(i -> "thr_" + (100000 + RARE + 2 - 2 * i))
                .toList();
        List<String> rare = IntStream.rangeClosed(1, RARE)
                .mapToObj(i -> "thr_" + (100000 + RARE + 1 - i))
                .toList();
        List<String> archived = IntStream.rangeClosed(1, RARE / 4)
                .mapToObj(i -> "thr_" + (100000 + RARE + 4 - 4 * i))
                .toList();
        List<String> unarchived =
                rare.stream().filter(id -> !archived.contains(id)).toList();
        List<String> many = new ArrayList<>(List.of("odd", "even"));
        IntStream.rangeClosed(0, ThreadListing.AGENTS_MAX).forEach(i -> many.add("nobody-" + i));

        assertEquals(even, all(filter(List.of("even"), null)));
        assertEquals(rare, all(filter(List.of("even", "odd"), null)));
        assertEquals(rare, all(filter(many, null)));
        assertEquals(archived, all(filter(List.of(), true)));
        assertEquals(archived, all(filter(List.of("even", "odd"), true)));
        assertEquals(archived, all(filter(many, true)));
        assertEquals(List.of(), all(filter(List.of("odd"), true)));
        assertEquals(unarchived, all(filter(List.of("odd", "even"), false)));
        assertEquals(List.of(), all(filter(List.of("nobody"), null)));
    }

    /** In pages that end between two of the same time, too. */
    private List<String> all(ThreadFilter filter) throws SQLException {
        List<String> ids = new ArrayList<>();
        Optional<StreamPosition> after = Optional.empty();
        boolean more = true;
        while (more) {
            ListSlice<ListedThread> page = latest.list(OWNER, filter, after, 7);
            page.rows().forEach(thread -> ids.add(thread.id()));
            more = page.more();
            after = more ? Optional.of(page.last().place()) : after;
        }
        return ids;
    }
}
