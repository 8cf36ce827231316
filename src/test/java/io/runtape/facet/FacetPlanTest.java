package io.runtape.facet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.Owner;
import io.runtape.facet.FacetSql.IndexRange;
import io.runtape.facet.RunCriteria.Range;
import io.runtape.facet.RunOrder.By;
import io.runtape.facet.Trait.Kind;
import io.runtape.store.Engine;
import io.runtape.testsupport.PlanRows;
import io.runtape.testsupport.RunningGateway;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Each statement over the index of ended runs, and each look-up of those that it does not have, takes an index. All tests read the same
 * rows.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class FacetPlanTest extends RunningGateway {

    private static final Owner OWNER = new Owner("c-of-the-plans");

    /** Keys of runs that no node has. */
    private static final long FIRST = 900_000_000_000_000L;

    private static final int RUNS = 20_000;

    /** A trait that every run has, one that a tenth has, and one that none has. */
    private static final String[] AGENTS = {"all", "tenth", "none"};

    @Inject
    RunFinder finder;

    private final List<String> undo = new ArrayList<>();

    private Connection connection;

    @BeforeAll
    void fill() throws SQLException {
        connection = store().connect();
        String numbers = store().engine() == Engine.H2
                ? "system_range(1, " + RUNS + ") as n(i)"
                : "generate_series(1, " + RUNS + ") as n(i)";
        try (Statement insert = connection.createStatement()) {
            insert.execute(
                    "insert into run_fact (run_pk, owner_key, created_us, completed_us, duration_ms, total_tokens) select "
                            + FIRST + " + i, " + Trait.ofOwner(OWNER)
                            + ", 1767225600000000 + i, 1767225600000000 + 2 * i, mod(i, 1000), nullif(mod(i, 7), 0) from "
                            + numbers);
            insert.execute(facets(AGENTS[0], 1, numbers));
            insert.execute(facets(AGENTS[1], 10, numbers));
            if (store().engine() == Engine.POSTGRESQL) {
                insert.execute("analyze run_facet, run_fact");
                // As if the tables were large: then it has others help.
                insert.execute("set min_parallel_table_scan_size = 0");
                insert.execute("set min_parallel_index_scan_size = 0");
                insert.execute("set parallel_setup_cost = 0");
                insert.execute("set parallel_tuple_cost = 0");
                // As the search has it, but for the whole session.
                insert.execute(RunFinder.FOR_FEW_ROWS.replace("true", "false"));
            }
        }
    }

    private static String facets(String agent, int every, String numbers) {
        return "insert into run_facet (facet, created_us, run_pk) select " + key(agent) + ", 1767225600000000 + i, "
                + FIRST + " + i from " + numbers + " where mod(i, " + every + ") = 0";
    }

    private static long key(String agent) {
        return Trait.of(OWNER, Kind.AGENT, agent).key();
    }

    /**
     * Changes the rows until the test ends.
     *
     * @param back the statement that makes them again what they were
     */
    private void change(String sql, String back) throws SQLException {
        undo.add(back);
        execute(sql);
    }

    private void execute(String sql) throws SQLException {
        try (Statement change = connection.createStatement()) {
            change.execute(sql);
            if (store().engine() == Engine.POSTGRESQL) {
                change.execute("analyze run_facet, run_fact");
            }
        }
    }

    @AfterEach
    void undo() throws SQLException {
        for (String each : undo) {
            execute(each);
        }
        undo.clear();
    }

    @AfterAll
    void empty() throws SQLException {
        try (Connection closed = connection;
                Statement delete = closed.createStatement()) {
            delete.execute("delete from run_facet where run_pk > " + FIRST);
            delete.execute("delete from run_fact where run_pk > " + FIRST);
        }
    }

    private void addFacets(long key, String condition) throws SQLException {
        change(
                "insert into run_facet (facet, created_us, run_pk) select " + key
                        + ", created_us, run_pk from run_fact where run_pk > " + FIRST + " and " + condition,
                "delete from run_facet where facet = " + key);
    }

    /** The statements of every kind of search in an order. */
    private static List<String> statements(RunOrder order) {
        RunCriteria criteria = new RunCriteria(OWNER)
                .created(Optional.of(Instant.parse("2026-01-01T00:00:00Z")), Instant.parse("2026-02-01T00:00:00Z"))
                .duration(Optional.of(10L), Optional.of(20_000L))
                .anyOf(Kind.AGENT, List.of(AGENTS[0], AGENTS[2]))
                .anyOf(Kind.AGENT, List.of(AGENTS[1]));
        FacetSql sql = new FacetSql(criteria, order);
        List<IndexRange> candidates = List.of(
                sql.facets(Set.of(key(AGENTS[0])), Set.of()),
                sql.facets(Set.of(key(AGENTS[0]), key(AGENTS[2])), Set.copyOf(criteria.groups())),
                FacetSql.facts("duration_ms", new Range(990, Long.MAX_VALUE)),
                FacetSql.facts("completed_us", new Range(1767225600000000L, 1767225600010000L)),
                FacetSql.facts("created_us", criteria.created()));
        List<String> statements = new ArrayList<>();
        Place after = new Place(order.by() == By.CREATED_AT ? 1767225600005000L : 500L, FIRST + 5000);
        for (IndexRange some : candidates) {
            statements.add(sql.counts(List.of(some), 2000));
            statements.add(sql.collect(some, 2000, after, false, 51));
            if (some.areFacets() && order.by() == By.CREATED_AT) {
                statements.add(sql.walk(some, after, false, 51));
                statements.add(sql.walk(some, null, false, 51));
                statements.add(sql.walkShort(some, 300, after, false, 51));
            }
        }
        IndexRange all = FacetSql.facts(order.by().column(), Range.ALL);
        statements.add(sql.walkShort(FacetSql.facts(order.by().column(), Range.ALL), 900, null, false, 51));
        statements.add(sql.walkShort(FacetSql.facts(order.by().column(), Range.ALL), 900, after, false, 51));
        statements.add(sql.among().replace("?", "array[1, 2, 3]"));
        statements.add(IndexedRuns.OWNERS.replace("?", "array[1, 2, 3]"));
        statements.add(sql.walk(all, null, false, 51));
        statements.add(sql.walk(all, after, false, 51));
        statements.add(sql.next(null));
        statements.add(sql.next(after));
        statements.add(TraitSegments.VALUES.replace("?", "array[1, 2, 3]"));
        if (order.by() == By.TOTAL_TOKENS) {
            statements.add(sql.walk(all, new Place(null, FIRST + 5000), true, 51));
            statements.add(sql.walkShort(all, 900, null, true, 51));
            statements.add(sql.walkShort(all, 900, new Place(null, FIRST + 5000), true, 51));
        }
        return statements;
    }

    @Test
    void readsNoTableAsAWhole() throws SQLException {
        List<String> statements = new ArrayList<>();
        for (By by : By.values()) {
            Stream.of(true, false)
                    .map(down -> new RunOrder(by, down))
                    .forEach(order -> statements.addAll(statements(order)));
        }
        assertTrue(statements.size() > 60, statements.size() + " statements");

        for (String statement : statements) {
            String plan = plan(statement);
            assertFalse(plan.contains("Seq Scan on run_") || plan.contains("tableScan"), statement + "\n" + plan);
            assertFalse(plan.contains("Gather"), statement + "\n" + plan);
            assertTrue(plan.contains("run_fac") && (plan.contains("Index") || plan.contains("/*")), plan);
        }
    }

    /** A walk ends when it has enough: it must not sort all of its range first. */
    @Test
    void walksInTheOrderOfAnIndex() throws SQLException {
        for (By by : By.values()) {
            for (boolean down : new boolean[] {true, false}) {
                RunOrder order = new RunOrder(by, down);
                FacetSql sql = new FacetSql(new RunCriteria(OWNER), order);
                List<String> walks = new ArrayList<>();
                walks.add(sql.walk(FacetSql.facts(by.column(), Range.ALL), null, false, 51));
                walks.add(sql.next(null));
                if (by == By.CREATED_AT) {
                    walks.add(sql.walk(sql.facets(Set.of(key(AGENTS[0])), Set.of()), null, false, 51));
                    String near = sql.walkShort(sql.facets(Set.of(key(AGENTS[0])), Set.of()), 300, null, false, 51);
                    walks.add(near.substring(near.indexOf("(select") + 1, near.indexOf(") d where")));
                }
                for (String walk : walks) {
                    String plan = plan(walk);
                    assertFalse(plan.contains("Sort"), walk + "\n" + plan);
                    assertTrue(
                            store().engine() == Engine.POSTGRESQL || plan.contains("index sorted"), walk + "\n" + plan);
                }
            }
        }
    }

    @Test
    void findsWhatIsThere() throws SQLException {
        RunCriteria tenth =
                new RunCriteria(OWNER).anyOf(Kind.AGENT, List.of(AGENTS[0])).anyOf(Kind.AGENT, List.of(AGENTS[1]));
        FacetSql sql = new FacetSql(tenth, RunOrder.NEWEST);
        IndexRange walked =
                sql.facets(Set.of(key(AGENTS[0])), Set.of(tenth.groups().get(0)));

        assertEquals(
                List.of(FIRST + RUNS, FIRST + RUNS - 10, FIRST + RUNS - 20), keys(sql.walk(walked, null, false, 3)));
        assertEquals(
                List.of(FIRST + 20, FIRST + 10),
                keys(sql.walk(walked, new Place(1767225600000030L, FIRST + 30), false, 3)));
    }

    /** More than are always looked at as a whole, and none of the first tenth of the list is among them. */
    @Test
    void findsInTheOrderOfAValueWhatOnlyLateRunsHave() throws SQLException {
        int late = 150;
        addFacets(key("late"), "duration_ms < " + late);
        List<Place> expected = new ArrayList<>();
        for (int i = 1; i <= RUNS; i++) {
            if (i % 1000 < late) {
                expected.add(new Place((long) i % 1000, FIRST + i));
            }
        }
        assertTrue(expected.size() > IndexedRuns.FEW, "runs: " + expected.size());

        for (boolean descending : new boolean[] {true, false}) {
            RunOrder order = new RunOrder(By.DURATION_MS, descending);
            expected.sort(order.comparator());
            RunCriteria criteria = new RunCriteria(OWNER).anyOf(Kind.AGENT, List.of("late"));

            assertEquals(expected.subList(0, 120), pages(criteria, order));
        }
    }

    /** Of those whose tokens are not known, which come last: more than are always looked at as a whole. */
    @Test
    void findsInTheOrderOfTokensRunsThatHaveNone() throws SQLException {
        addFacets(key("without"), "total_tokens is null");
        RunCriteria criteria = new RunCriteria(OWNER).anyOf(Kind.AGENT, List.of("without"));
        for (boolean descending : new boolean[] {true, false}) {
            RunOrder order = new RunOrder(By.TOTAL_TOKENS, descending);
            List<Place> expected = new ArrayList<>();
            for (int i = 7; i <= RUNS; i += 7) {
                expected.add(new Place(null, FIRST + i));
            }
            expected.sort(order.comparator());

            assertEquals(expected.subList(0, 120), pages(criteria, order));
        }
    }

    /** Three pages of a list. */
    private List<Place> pages(RunCriteria criteria, RunOrder order) {
        List<Place> found = new ArrayList<>();
        for (int page = 0; page < 3; page++) {
            Optional<Place> last = found.isEmpty() ? Optional.empty() : Optional.of(found.get(found.size() - 1));
            found.addAll(QuarkusTransaction.requiringNew().call(() -> finder.find(criteria, order, last, 40)));
        }
        return found;
    }

    /** The key of a trait is a short hash, and somebody may look for two that are the same. */
    @Test
    void leavesOutRunsOfAnotherOwnerWithTheSameKey() throws SQLException {
        Owner other = new Owner("c-of-the-same-keys");
        long same = Trait.of(other, Kind.AGENT, "same").key();
        addFacets(same, "run_pk < " + (FIRST + 100));
        RunCriteria criteria = new RunCriteria(other).anyOf(Kind.AGENT, List.of("same"));

        for (By by : By.values()) {
            RunOrder order = new RunOrder(by, true);
            assertEquals(
                    List.of(),
                    QuarkusTransaction.requiringNew().call(() -> finder.find(criteria, order, Optional.empty(), 10)));
        }
    }

    @Test
    void tellsWhichOfSomeRunsAreAskedFor() throws SQLException {
        RunCriteria both = new RunCriteria(OWNER)
                .created(Optional.empty(), Instant.parse("2026-02-01T00:00:00Z"))
                .anyOf(Kind.AGENT, List.of(AGENTS[0], AGENTS[2]))
                .anyOf(Kind.AGENT, List.of(AGENTS[1]));

        assertEquals(
                List.of(FIRST + 20, FIRST + 10),
                among(both, List.of(FIRST + 5, FIRST + 10, FIRST + 20, FIRST + RUNS + 10)));
        assertEquals(List.of(), among(both, List.of()));
        assertEquals(List.of(), among(new RunCriteria(new Owner("c-other")), List.of(FIRST + 10)));
    }

    private List<Long> among(RunCriteria criteria, List<Long> keys) {
        return QuarkusTransaction.requiringNew().call(() -> finder.among(criteria, keys)).stream()
                .map(Place::runPk)
                .toList();
    }

    /** However many runs have one of several traits. */
    @Test
    void readsFewRowsForSeveralTraits() throws SQLException {
        List<String> agents = new ArrayList<>(List.of(AGENTS));
        for (int i = agents.size(); i < 12; i++) {
            agents.add("agent-" + i);
        }
        RunCriteria many = new RunCriteria(OWNER).anyOf(Kind.AGENT, agents);
        String keys = "array[" + (FIRST + 10) + ", " + (FIRST + 20) + "]";
        readsFewRows(
                new FacetSql(many, new RunOrder(By.DURATION_MS, true)).among().replace("?", keys));

        RunCriteria hundred = new RunCriteria(OWNER)
                .created(
                        Optional.of(Instant.EPOCH.plus(1767225600000000L, ChronoUnit.MICROS)),
                        Instant.EPOCH.plus(1767225600000100L, ChronoUnit.MICROS))
                .anyOf(Kind.AGENT, List.of(AGENTS[0], AGENTS[1]));
        FacetSql sql = new FacetSql(hundred, new RunOrder(By.DURATION_MS, true));
        IndexRange both = sql.facets(Set.of(key(AGENTS[0]), key(AGENTS[1])), Set.copyOf(hundred.groups()));
        readsFewRows(sql.counts(List.of(both), 2000));
        String collect = sql.collect(both, 2000, null, false, 51);
        readsFewRows(collect);
        assertEquals(51, keys(collect).size());
        assertEquals(FIRST + 99, keys(collect).get(0));
    }

    /** As many as a call over HTTP/2 may name. */
    @Test
    void looksForThousandsOfTraits() {
        List<String> agents = new ArrayList<>(List.of(AGENTS));
        for (int i = agents.size(); i < 3000; i++) {
            agents.add("agent-" + i);
        }

        for (By by : By.values()) {
            RunOrder order = new RunOrder(by, true);
            assertEquals(
                    List.of(),
                    found(new RunCriteria(OWNER).anyOf(Kind.AGENT, agents.subList(3, 3000)), order),
                    by::toString);
            assertEquals(
                    found(new RunCriteria(OWNER), order),
                    found(new RunCriteria(OWNER).anyOf(Kind.AGENT, agents), order),
                    by::toString);
            assertEquals(found(early(), order), found(early().anyOf(Kind.AGENT, agents), order), by::toString);
        }
    }

    private static RunCriteria early() {
        Instant from = Instant.EPOCH.plus(1767225600000000L, ChronoUnit.MICROS);
        return new RunCriteria(OWNER).created(Optional.of(from), from.plus(100, ChronoUnit.MICROS));
    }

    private List<Place> found(RunCriteria criteria, RunOrder order) {
        return QuarkusTransaction.requiringNew().call(() -> finder.find(criteria, order, Optional.empty(), 10));
    }

    private void readsFewRows(String statement) throws SQLException {
        String plan = plan("analyze " + statement);
        long most = PlanRows.most(store().engine(), plan);
        assertTrue(most > 0 && most < 1000, most + " rows\n" + plan);
    }

    @Test
    void looksUpRunsThatAreNotIndexed() throws SQLException {
        for (String lookUp : List.of(
                UnindexedRuns.ALL
                        .formatted("run_pk, created_at, completed_at")
                        .replaceFirst("\\?", "'c-of-the-plans'")
                        .replaceFirst("\\?", "'c-of-the-plans'")
                        .replace("?", "1001"),
                UnindexedRuns.OF_KEYS
                        .formatted("run_pk, created_at, completed_at")
                        .replaceFirst("\\?", "array[1, 2, 3]")
                        .replace("?", "'c-of-the-plans'"),
                UnindexedRuns.ENDED.replaceFirst("\\?", "'c-of-the-plans'").replace("?", "1001"))) {
            String plan = plan(lookUp);
            assertFalse(plan.contains("Seq Scan") || plan.contains("tableScan"), plan);
            if (store().engine() == Engine.H2 && lookUp.contains("running")) {
                assertTrue(plan.toLowerCase(Locale.ROOT).contains("run_live"), plan);
            }
        }
    }

    @Test
    void looksUpTheLongestRun() throws SQLException {
        String plan = plan(RunFinder.LONGEST.replace("?", Long.toString(Trait.ofOwner(OWNER))));

        assertTrue(plan.toLowerCase(Locale.ROOT).contains("run_fact_by_duration"), plan);
        assertFalse(plan.contains("Sort"), plan);
        assertTrue(store().engine() == Engine.POSTGRESQL || plan.contains("index sorted"), plan);
    }

    @Test
    void looksUpRunsThatAreInNoSegment() throws SQLException {
        // Far more than are asked for at once: PostgreSQL may rightly sort fewer.
        change(
                "update run_fact set in_segment = true where run_pk > " + FIRST + " and mod(run_pk, 2) > 0",
                "update run_fact set in_segment = false where run_pk > " + FIRST);
        String owner = Long.toString(Trait.ofOwner(OWNER));
        for (String lookUp : List.of(
                TraitSegments.COUNT.replace("?", owner),
                TraitSegments.CLAIM.replaceFirst("\\?", owner).replace("?", "256"),
                SegmentFinder.OUTSIDE.replaceFirst("\\?", owner).replace("?", "1001"),
                RunFacets.NEXT.replace("?", "-9000000000000000000"))) {
            String plan = plan(lookUp).toLowerCase(Locale.ROOT);
            assertTrue(plan.contains("run_fact_not_in_segment"), plan);
            assertFalse(plan.contains("sort") && !plan.contains("index sorted"), plan);
        }
        for (String lookUp : List.of(TraitSegments.TRAITS, TraitSegments.DONE)) {
            String plan = plan(lookUp.replace("?", "array[1, 2, 3]"));
            assertFalse(plan.contains("Seq Scan") || plan.contains("tableScan"), plan);
        }
    }

    /** Older runs have all ended before, but for those that may have lasted so long. */
    @Test
    void endsAWalkWhereNoRunCanHaveEndedInTime() throws SQLException {
        change(
                "update run_fact set duration_ms = (completed_us - created_us) / 1000 where run_pk > " + FIRST,
                "update run_fact set duration_ms = mod(run_pk - " + FIRST + ", 1000) where run_pk > " + FIRST);
        int last = 3 * RUNS / 4;
        RunCriteria asked = new RunCriteria(OWNER)
                .completed(
                        Optional.of(Instant.EPOCH.plus(1767225600000000L + 2 * last, ChronoUnit.MICROS)),
                        Optional.empty());
        FacetSql sql = new FacetSql(RunFinder.withLongest(connection, asked), RunOrder.NEWEST);
        Place behindTheLast = new Place(1767225600000000L + last, FIRST + last);

        String walk = sql.walk(FacetSql.facts("created_us", Range.ALL), behindTheLast, false, 51);

        assertEquals(List.of(), keys(walk));
        String plan = plan("analyze " + walk);
        long most = PlanRows.most(store().engine(), plan);
        // None lasted 21 ms, and so one of the last 6,000 at the most.
        assertTrue(most > 0 && most < 7000, most + " rows\n" + plan);
    }

    private List<Long> keys(String statement) throws SQLException {
        List<Long> keys = new ArrayList<>();
        try (Statement select = connection.createStatement();
                ResultSet row = select.executeQuery(statement)) {
            while (row.next()) {
                keys.add(row.getLong(2));
            }
        }
        return keys;
    }

    private String plan(String statement) throws SQLException {
        StringBuilder plan = new StringBuilder();
        try (Statement explain = connection.createStatement();
                ResultSet row = explain.executeQuery("explain " + statement)) {
            while (row.next()) {
                plan.append(row.getString(1)).append('\n');
            }
        }
        return plan.toString();
    }
}
