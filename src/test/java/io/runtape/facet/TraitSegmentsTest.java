package io.runtape.facet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.Owner;
import io.runtape.facet.RunOrder.By;
import io.runtape.facet.Trait.Kind;
import io.runtape.history.IndexedHistory;
import io.runtape.segment.Document;
import io.runtape.segment.Segment;
import io.runtape.segment.SegmentKind;
import io.runtape.segment.SegmentMerge;
import io.runtape.segment.SegmentReader;
import io.runtape.segment.Segments;
import io.runtape.store.Engine;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Runs are found by traits that many runs have, and few together: from their rows, and from the segments of traits. */
abstract class TraitSegmentsTest extends IndexedHistory {

    private static final Script ANSWER = Script.stream("event: run_completed\ndata: {\"result\":\"Done.\"}\n\n");

    /** Keys of runs that no node has. */
    private static final long FIRST = 910_000_000_000_000L;

    private static final long EPOCH = 1_767_225_600_000_000L;

    /** When the run of a number began: four at a time. */
    private static final String CREATED = EPOCH + " + i / 4 * 4";

    /** Two segments of the next level, several of the first, and some runs that are in none. */
    private static final int RUNS = 2 * TraitSegments.RUNS_MAX + 3 * TraitSegments.RUNS_MIN + 100;

    /** Most runs have as many tokens as their number. */
    private static final String TOKENS = "case when mod(i, 10) <> 0 then i end";

    /** More than are looked at as a whole. */
    private static final int EARLY = 3000;

    private static final String OF_SEGMENTS =
            " where %s_pk / 1048576 in (select segment_pk from trait_segment where owner = ?)";

    /** The key of a column of no segment. */
    private static final long LEFT = 1048576L * 900_000_000;

    private static final String TOOL = "shell";
    private static final String BRANCH = "branch";

    @Inject
    RunFinder finder;

    @Inject
    SegmentReader reader;

    /** Of its own for each test: others may fail half-way. */
    private final Owner owner = new Owner("c-" + thread);

    @AfterEach
    void empty() throws SQLException {
        try (Connection connection = store().connect();
                Statement delete = connection.createStatement()) {
            delete.execute("delete from run_facet where run_pk > " + FIRST);
            delete.execute("delete from run_fact where run_pk > " + FIRST);
        }
    }

    /** Every even run calls a tool, every odd one is of a branch; each thousandth is both. */
    @Test
    void findsRunsWhoseTraitsSeldomMeet() throws SQLException {
        insertRuns();
        findsThem();

        addSegment(TraitSegments.RUNS_MIN);
        findsThem();
        addSegment(TraitSegments.RUNS_MAX);
        addSegment(TraitSegments.RUNS_MAX);
        assertTrue(outside(owner.id()) < SegmentFinder.OUTSIDE_MAX, "the segments are read from here on");
        findsThem();
        while (isDue()) {
            addSegment(TraitSegments.RUNS_MIN);
        }
        assertEquals(100, outside(owner.id()));
        findsThem();
    }

    private void findsThem() throws SQLException {
        RunCriteria both = rare();
        assertEquals(met(number -> -number), all(both, RunOrder.NEWEST, 7));
        assertEquals(met(number -> -number), all(both, RunOrder.NEWEST, 500));
        assertEquals(met(number -> number), all(both, new RunOrder(By.CREATED_AT, false), 4));
        assertEquals(met(number -> -(number / 1000 % 5)), all(both, new RunOrder(By.DURATION_MS, true), 3));
        RunCriteria some = rare().created(Optional.of(time(2500)), time(6000));
        assertEquals(List.of(5000L, 4000L, 3000L), all(some, RunOrder.NEWEST, 2));
        RunCriteria slow = new RunCriteria(owner)
                .anyOf(Kind.TOOL, List.of(TOOL))
                .duration(Optional.of(1500L), Optional.of(3000L))
                .created(Optional.empty(), time(RUNS + 1));
        assertEquals(met(number -> -number), all(slow, RunOrder.NEWEST, 5));
        RunCriteria last = new RunCriteria(owner)
                .withMetadata(BRANCH, "main")
                .created(Optional.empty(), time(RUNS + 1))
                .completed(Optional.of(time(RUNS - 4 + 5_000_000)), Optional.empty());
        assertEquals(List.of(RUNS - 1L, RUNS - 3L), all(last, RunOrder.NEWEST, 5));
        RunCriteria never = criteria(TOOL, "dev");
        assertEquals(List.of(), all(never, RunOrder.NEWEST, 10));
        RunCriteria often = new RunCriteria(owner)
                .anyOf(Kind.TOOL, List.of(TOOL, "other"))
                .withMetadata("common", "x")
                .created(Optional.empty(), time(RUNS));
        List<Long> even = LongStream.iterate(RUNS - 2, number -> number > 0, number -> number - 2)
                .boxed()
                .toList();
        assertEquals(even, all(often, RunOrder.NEWEST, 100));
        assertEquals(even, all(often, RunOrder.NEWEST, 1000));
    }

    /** The first runs of the order have many of them one way, and none the other way. */
    @Test
    void sortsManyRunsWithOneTrait() throws SQLException {
        insertRuns();
        RunCriteria some = new RunCriteria(owner).withMetadata("some", "x").created(Optional.empty(), time(RUNS + 1));
        List<Long> sorted = LongStream.rangeClosed(1, Math.min(RUNS, 12_000) / 10)
                .map(tens -> 10 * tens)
                .boxed()
                .sorted(Comparator.comparing((Long number) -> number % 1000 == 0 ? 2000 + number / 1000 % 5 : 10)
                        .thenComparing(number -> number))
                .collect(Collectors.toList());
        assertTrue(sorted.size() > 800 && sorted.size() < IndexedRuns.FEW, "they are sorted: " + sorted.size());

        assertEquals(sorted, all(some, new RunOrder(By.DURATION_MS, false), 51));
        Collections.reverse(sorted);
        assertEquals(sorted, all(some, new RunOrder(By.DURATION_MS, true), 51));
    }

    /** The first runs of an order have none of those that are asked for, which are too many to be sorted. */
    @Test
    void findsRunsFarFromTheBeginningOfAnOrder() throws SQLException {
        insertRuns();
        findsFarOnes();

        addSegment(TraitSegments.RUNS_MIN);
        addSegment(TraitSegments.RUNS_MAX);
        addSegment(TraitSegments.RUNS_MAX);
        assertTrue(outside(owner.id()) < SegmentFinder.OUTSIDE_MAX, "the segments are read from here on");
        findsFarOnes();
        while (isDue()) {
            addSegment(TraitSegments.RUNS_MIN);
        }
        findsFarOnes();
    }

    /** They are too many to be all looked at. */
    @Test
    void looksAtTheOldestRunsAlone() throws SQLException {
        insertRuns();
        while (isDue()) {
            addSegment(TraitSegments.RUNS_MAX);
        }
        RunCriteria late = new RunCriteria(owner).withMetadata("late", "x").created(Optional.empty(), time(RUNS + 1));
        RunOrder oldestFirst = new RunOrder(By.CREATED_AT, false);
        Set<Long> looked = new HashSet<>();
        try (Connection connection = store().connect()) {
            SegmentFinder segments = new SegmentFinder(reader, connection, late, oldestFirst);

            List<Place> found = segments.find(null, 50, keys -> {
                        looked.addAll(keys);
                        return keys.stream()
                                .filter(key -> key > FIRST + RUNS - EARLY)
                                .map(key -> new Place(EPOCH + (key - FIRST) / 4 * 4, key))
                                .toList();
                    })
                    .orElseThrow();

            assertEquals(50, found.size());
            assertEquals(FIRST + RUNS - EARLY + 1, found.get(0).runPk());
        }
        assertTrue(looked.size() < 1000, looked.size() + " runs were looked at");
        List<Long> even = numbers(RUNS)
                .filter(number -> number > RUNS - EARLY && number % 2 == 0)
                .toList();
        assertEquals(even, all(late.anyOf(Kind.TOOL, List.of(TOOL, "other")), oldestFirst, 70));
    }

    /** Two segments that are merged have a run, which was indexed anew, with two values: which one is true only its row tells. */
    @Test
    void findsARunWithTwoValues() throws SQLException {
        insertRuns();
        String some = " where run_pk in (" + (FIRST + 1) + ", " + (FIRST + 222) + ")";
        addSegment(TraitSegments.RUNS_MIN);
        execute("update run_fact set in_segment = false, total_tokens = 7000" + some);
        while (isDue()) {
            addSegment(TraitSegments.RUNS_MIN);
        }
        execute("update run_fact set total_tokens = run_pk - " + FIRST + some);

        findsFarOnes();
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** An earlier version has left segments that have none. */
    @Test
    void addsColumnsToSegments() throws SQLException {
        insertRuns();
        while (isDue()) {
            addSegment(TraitSegments.RUNS_MAX);
            addSegment(TraitSegments.RUNS_MIN);
        }
        List<String> tables = List.of("trait_column", "trait_chunk");
        execute("insert into trait_column (column_pk, content) select " + LEFT
                + ", content from trait_column fetch first row only");
        for (String table : tables) {
            update("delete from " + table + OF_SEGMENTS.formatted(table.replace("trait_", "")), owner.id());
        }
        findsFarOnes();

        RunFacets started = new RunFacets(store());
        try (Connection connection = store().connect()) {
            boolean more = true;
            while (more) {
                more = started.tidy(connection);
            }
        }
        assertEquals(
                2 * segments(owner.id()),
                count("select count(*) from trait_column" + OF_SEGMENTS.formatted("column"), owner.id()));
        assertTrue(
                count("select count(*) from trait_chunk" + OF_SEGMENTS.formatted("chunk"), owner.id()) > 0, "chunks");
        findsFarOnes();
    }

    private void findsFarOnes() throws SQLException {
        RunCriteria early = new RunCriteria(owner).withMetadata("early", "x").created(Optional.empty(), time(RUNS + 1));
        List<Long> known = numbers(EARLY).filter(number -> number % 10 != 0).toList();
        List<Long> unknown = numbers(EARLY).filter(number -> number % 10 == 0).toList();
        assertEquals(reversed(joined(unknown, known)), all(early, new RunOrder(By.TOTAL_TOKENS, true), 700));
        RunCriteria late = new RunCriteria(owner).withMetadata("late", "x").created(Optional.empty(), time(RUNS + 1));
        assertEquals(
                joined(
                        numbers(RUNS)
                                .filter(number -> number > RUNS - EARLY && number % 10 != 0)
                                .toList(),
                        numbers(RUNS)
                                .filter(number -> number > RUNS - EARLY && number % 10 == 0)
                                .toList()),
                all(late, new RunOrder(By.TOTAL_TOKENS, false), 100));
        // Very many of them took as long as each other.
        RunCriteria even =
                new RunCriteria(owner).anyOf(Kind.TOOL, List.of(TOOL)).created(Optional.empty(), time(RUNS + 1));
        List<Long> quick = numbers(RUNS)
                .filter(number -> number % 2 == 0 && number % 1000 != 0)
                .toList();
        assertEquals(
                joined(met(number -> -(number / 1000 % 5)), reversed(quick)),
                all(even, new RunOrder(By.DURATION_MS, true), 200));
        RunCriteria some = new RunCriteria(owner)
                .anyOf(Kind.TOOL, List.of(TOOL))
                .duration(Optional.of(5L), Optional.of(2002L))
                .created(Optional.empty(), time(RUNS + 1));
        assertEquals(
                joined(
                        met(number -> -(number / 1000 % 5)).stream()
                                .filter(number -> number / 1000 % 5 < 3)
                                .toList(),
                        reversed(quick)),
                all(some, new RunOrder(By.DURATION_MS, true), 500));
    }

    private static Stream<Long> numbers(int last) {
        return LongStream.rangeClosed(1, last).boxed();
    }

    private static List<Long> joined(List<Long> first, List<Long> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    private static List<Long> reversed(List<Long> some) {
        List<Long> reversed = new ArrayList<>(some);
        Collections.reverse(reversed);
        return reversed;
    }

    /** What a segment says of a run is out of date when it is indexed anew, and when it is deleted. */
    @Test
    void takesTheRowsWordForWhatARunIs() throws SQLException {
        insertRuns();
        addSegment(TraitSegments.RUNS_MAX);
        addSegment(TraitSegments.RUNS_MAX);
        assertTrue(outside(owner.id()) < SegmentFinder.OUTSIDE_MAX, "the segments are read");
        try (Connection connection = store().connect();
                Statement change = connection.createStatement()) {
            change.execute("delete from run_fact where run_pk = " + (FIRST + 2000));
            change.execute("delete from run_facet where run_pk = " + (FIRST + 2000));
            change.execute("delete from run_facet where run_pk = " + (FIRST + 3000) + " and facet = " + tool().key());
            change.execute("update run_fact set in_segment = false where run_pk in (" + (FIRST + 3000) + ", "
                    + (FIRST + 3001) + ")");
            change.execute("insert into run_facet (facet, created_us, run_pk) values (" + tool().key() + ", "
                    + (EPOCH + 3000) + ", " + (FIRST + 3001) + ")");
        }

        List<Long> expected = new ArrayList<>(met(number -> -number));
        expected.removeAll(List.of(2000L, 3000L));
        expected.add(3001L);
        expected.sort(Comparator.reverseOrder());
        assertEquals(expected, all(rare(), RunOrder.NEWEST, 3));
    }

    @Test
    void runsComeIntoSegmentsAsTheyAreIndexedAndLeaveThemWhenDeleted() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < TraitSegments.RUNS_MIN + 3; i++) {
            ids.add(record("{\"agent\":\"coder\",\"metadata\":{\"number\":" + i + "}}", ANSWER));
        }
        awaitIndexed(ids.toArray(String[]::new));

        String recorded = json("/runs?limit=1").getString("data[0].owner");
        assertEquals(1, segments(recorded));
        assertEquals(3, outside(recorded));
        assertEquals(List.of(ids.get(5)), ids("/runs?agent=coder&metadata.number=5"));

        // What a version without segments leaves.
        update("delete from trait_segment where owner = ?", recorded);
        update("update run_fact set in_segment = false where owner_key = ?", Trait.ofOwner(new Owner(recorded)));
        RunFacets started = new RunFacets(store());
        try (Connection connection = store().connect()) {
            boolean done = true;
            while (done) {
                done = started.tidy(connection);
            }
        }
        assertEquals(1, segments(recorded));
        assertEquals(0, outside(recorded));

        historyOf(key).delete("/runs?agent=coder&expect=" + ids.size()).then().statusCode(200);
        RunTable.await("no segment is left", Duration.ofMinutes(2), () -> segments(recorded) == 0 ? true : null);
    }

    /** Those of others come into segments all the same. */
    @Test
    void leavesOutAnOwnerWhoseSegmentsAreDamaged() throws SQLException {
        Owner other = Stream.iterate(0, i -> i + 1)
                .map(i -> new Owner(owner.id() + "-" + i))
                .filter(each -> Trait.ofOwner(each) > ownerKey())
                .findFirst()
                .orElseThrow();
        insertOutside(owner, 0);
        insertOutside(other, TraitSegments.RUNS_MIN);
        try (Connection connection = store().connect()) {
            insertDamaged(connection, owner);
            RunFacets started = new RunFacets(store());
            int failures = 0;
            boolean more = true;
            while (more) {
                try {
                    more = started.tidy(connection);
                } catch (RuntimeException damaged) {
                    failures++;
                    assertTrue(failures < 3, "it fails again and again");
                }
            }
            assertEquals(1, failures);
        } finally {
            update("delete from trait_segment where owner = ?", owner.id());
            execute("delete from run where run_pk > " + FIRST);
        }
        assertEquals(TraitSegments.RUNS_MIN, outside(owner.id()));
        assertEquals(0, outside(other.id()));
        assertEquals(1, segments(other.id()));
    }

    /** As many runs as make a segment, as a version without segments has left them. */
    /** Their rows serve lists. */
    @Test
    void findsFurtherRunsOfAnOwnerWhoseSegmentsAreDamaged() throws Exception {
        awaitIndexed(record("{\"agent\":\"first\"}", ANSWER));
        Owner damaged = new Owner(json("/runs?limit=1").getString("data[0].owner"));
        insertOutside(damaged, 0);
        try (Connection connection = store().connect()) {
            insertDamaged(connection, damaged);
            List<String> further = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                further.add(0, record("{\"agent\":\"further\"}", ANSWER));
                awaitIndexed(further.get(0));

                assertEquals(further, ids("/runs?agent=further"));
            }
        } finally {
            update("delete from trait_segment where owner = ?", damaged.id());
            execute("delete from run where run_pk > " + FIRST);
        }
    }

    /** All but one that are merged. */
    private void insertDamaged(Connection connection, Owner of) throws SQLException {
        for (int i = 1; i < SegmentMerge.SEGMENTS; i++) {
            Segment one = Segment.of(Map.of(new Document(EPOCH - i, FIRST - i), Set.of("a term")), SegmentKind.TRAITS);
            Segments.insert(connection, of.id(), SegmentKind.TRAITS, SegmentKind.TRAITS.first(), one);
        }
        update("update trait_block set content = cast('?' as bytea)" + OF_SEGMENTS.formatted("block"), of.id());
    }

    private void insertOutside(Owner of, int before) throws SQLException {
        String pk = (FIRST + before) + " + i";
        String numbers = (store().engine() == Engine.H2 ? "system_range" : "generate_series") + "(1, "
                + TraitSegments.RUNS_MIN + ") as n(i)";
        execute(
                "insert into run (run_pk, owner, id, thread_id, node_id, path, status, stream, metadata, config, request_body,"
                        + " created_at, completed_at, indexed_at, packed_at) select " + pk + ", '" + of.id()
                        + "', 'run_' || "
                        + pk + ", 'outside', 1, '/v1/run', 'completed', true, '{}', '{}', cast('' as bytea),"
                        + " current_timestamp, current_timestamp, current_timestamp, current_timestamp from "
                        + numbers);
        execute("insert into run_fact (run_pk, owner_key, created_us, completed_us, duration_ms, total_tokens) select "
                + pk + ", " + Trait.ofOwner(of) + ", " + CREATED + ", " + CREATED + ", 1, 1 from " + numbers);
        execute("insert into run_facet (facet, created_us, run_pk) select "
                + Trait.of(of, Kind.STATUS, "completed").key() + ", " + CREATED + ", " + pk + " from " + numbers);
    }

    /** What an earlier version has left comes in segments of the second level at once. */
    @Test
    void mergesLargeSegmentsToo() throws SQLException {
        insertRuns();
        try (Connection connection = store().connect()) {
            for (int i = 1; i < SegmentMerge.SEGMENTS; i++) {
                Segment one =
                        Segment.of(Map.of(new Document(EPOCH - i, FIRST - i), Set.of("a term")), SegmentKind.TRAITS);
                Segments.insert(connection, owner.id(), SegmentKind.TRAITS, SegmentKind.TRAITS.first() + 1, one);
            }
        }

        addSegment(TraitSegments.RUNS_MAX);

        assertEquals(1, segments(owner.id()));
    }

    private RunCriteria rare() {
        return criteria(TOOL, "main");
    }

    private RunCriteria criteria(String tool, String branch) {
        return new RunCriteria(owner)
                .anyOf(Kind.TOOL, List.of(tool))
                .withMetadata(BRANCH, branch)
                .created(Optional.empty(), Instant.parse("2026-02-01T00:00:00Z"));
    }

    private static Instant time(long number) {
        return Instant.EPOCH.plus(EPOCH + number, ChronoUnit.MICROS);
    }

    /** Those that have both, in an order. */
    private static List<Long> met(LongUnaryOperator order) {
        return LongStream.rangeClosed(1, RUNS / 1000)
                .map(thousands -> 1000 * thousands)
                .boxed()
                .sorted(Comparator.<Long>comparingLong(order::applyAsLong)
                        .thenComparing(
                                order.applyAsLong(2) < 0 || order.applyAsLong(1000) < 0
                                        ? Comparator.reverseOrder()
                                        : Comparator.naturalOrder()))
                .toList();
    }

    /** The numbers of all runs, page by page. */
    private List<Long> all(RunCriteria criteria, RunOrder order, int limit) throws SQLException {
        List<Long> all = new ArrayList<>();
        Optional<Place> after = Optional.empty();
        while (true) {
            List<Place> page = page(criteria, order, after, limit);
            page.forEach(place -> all.add(place.runPk() - FIRST));
            if (page.size() < limit) {
                return all;
            }
            after = Optional.of(page.get(limit - 1));
        }
    }

    private List<Place> page(RunCriteria criteria, RunOrder order, Optional<Place> after, int limit) {
        return QuarkusTransaction.requiringNew().call(() -> finder.find(criteria, order, after, limit));
    }

    private void insertRuns() throws SQLException {
        String numbers = store().engine() == Engine.H2
                ? "system_range(1, " + RUNS + ") as n(i)"
                : "generate_series(1, " + RUNS + ") as n(i)";
        try (Connection connection = store().connect();
                Statement insert = connection.createStatement()) {
            String durations =
                    "case when mod(i, 1000) = 0 then 2000 + mod(i / 1000, 5) when mod(i, 2) = 0 then 10 else 5000 end";
            insert.execute(
                    "insert into run_fact (run_pk, owner_key, created_us, completed_us, duration_ms, total_tokens) select "
                            + FIRST + " + i, " + ownerKey() + ", " + CREATED + ", " + CREATED + " + 1000 * " + durations
                            + ", " + durations + ", " + TOKENS + " from " + numbers);
            insertFacet(insert, status().key(), numbers, "i > 0");
            insertTrait(insert, tool(), numbers, "mod(i, 2) = 0");
            insertTrait(insert, metadata(BRANCH, "main"), numbers, "mod(i, 2) = 1 or mod(i, 1000) = 0");
            insertTrait(insert, metadata("common", "x"), numbers, "i > 0");
            insertTrait(insert, metadata("some", "x"), numbers, "i <= 12000 and mod(i, 10) = 0");
            insertTrait(insert, metadata("early", "x"), numbers, "i <= " + EARLY);
            insertTrait(insert, metadata("late", "x"), numbers, "i > " + (RUNS - EARLY));
            if (store().engine() == Engine.POSTGRESQL) {
                insert.execute("analyze run_facet, run_fact");
            }
        }
    }

    /** A trait of some runs, alone and together with their status, as indexing writes it. */
    private void insertTrait(Statement insert, Trait trait, String numbers, String which) throws SQLException {
        insertFacet(insert, trait.key(), numbers, which);
        insertFacet(insert, Trait.pair(status(), trait), numbers, which);
    }

    private static void insertFacet(Statement insert, long key, String numbers, String which) throws SQLException {
        insert.execute("insert into run_facet (facet, created_us, run_pk) select " + key + ", " + CREATED + ", " + FIRST
                + " + i from " + numbers + " where " + which);
    }

    private long ownerKey() {
        return Trait.ofOwner(owner);
    }

    private Trait status() {
        return Trait.of(owner, Kind.STATUS, "completed");
    }

    private Trait tool() {
        return Trait.of(owner, Kind.TOOL, TOOL);
    }

    private Trait metadata(String path, String value) {
        return Trait.ofMetadata(owner, Metadata.asked(path, value).iterator().next());
    }

    private boolean isDue() throws SQLException {
        try (Connection connection = store().connect()) {
            return TraitSegments.outside(connection, ownerKey()) >= TraitSegments.RUNS_MIN;
        }
    }

    private void addSegment(int runsMax) throws SQLException {
        try (Connection connection = store().connect()) {
            connection.setAutoCommit(false);
            TraitSegments.add(connection, owner.id(), ownerKey(), runsMax);
            connection.commit();
        }
    }

    private long segments(String of) throws SQLException {
        return count("select count(*) from trait_segment where owner = ?", of);
    }

    private long outside(String of) throws SQLException {
        return count(
                "select count(*) from run_fact where in_segment = false and owner_key = ?",
                Trait.ofOwner(new Owner(of)));
    }

    private long count(String sql, Object of) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement select = connection.prepareStatement(sql)) {
            select.setObject(1, of);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private void update(String sql, Object of) throws SQLException {
        try (Connection connection = store().connect();
                PreparedStatement update = connection.prepareStatement(sql)) {
            update.setObject(1, of);
            update.executeUpdate();
        }
    }
}
