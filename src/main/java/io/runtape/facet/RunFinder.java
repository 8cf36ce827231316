package io.runtape.facet;

import io.runtape.facet.FacetSql.IndexRange;
import io.runtape.facet.RunCriteria.Group;
import io.runtape.facet.RunOrder.By;
import io.runtape.facet.Trait.Kind;
import io.runtape.segment.Candidates;
import io.runtape.segment.Document;
import io.runtape.segment.DocumentRange;
import io.runtape.segment.SegmentReader;
import io.runtape.store.Engine;
import io.runtape.store.Store;
import jakarta.inject.Singleton;
import jakarta.transaction.TransactionSynchronizationRegistry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Finds the runs that meet all criteria, in an order: those that are indexed by the index, and the few that are not yet by
 * their rows. Blocks; safe for any thread.
 *
 * <p>Of all index ranges that hold the runs asked for, the smallest is chosen by counting each up to a bound. If it is below
 * the bound, all of its runs are looked at, or, where these are many to sort, first a part of the list's own order. Otherwise the
 * index that has the list's order is walked until there are enough, or, where several traits must be checked, the segments of traits
 * are read.
 */
@Singleton
public final class RunFinder {

    /** So many runs of a range, or of segments, are looked at as a whole in a few milliseconds. */
    static final int FEW = 2000;

    /** So many candidates are looked at before segments are read, which takes longer: most runs may meet all conditions. */
    private static final int NEAR = 300;

    /** Before so many runs or more are all looked at and sorted, the list's own order is walked past half as many: often these have enough. */
    private static final int MANY_TO_SORT = 600;

    /**
     * PostgreSQL would read a table as a whole where it takes many of its rows for hits, wherever in it they are; and it would
     * start processes that help, which takes longer than to look at some thousand rows.
     */
    static final String FOR_FEW_ROWS = """
            select set_config('enable_seqscan', 'off', true),
                set_config('max_parallel_workers_per_gather', '0', true)""";

    /** All columns of the index: otherwise H2 sorts all rows. */
    static final String LONGEST = """
            select duration_ms from run_fact where owner_key = ?
            order by owner_key desc, duration_ms desc, run_pk desc limit 1""";

    private final DataSource database;
    private final Store store;
    private final SegmentReader segments;
    private final TransactionSynchronizationRegistry transactions;

    RunFinder(
            DataSource database, Store store, SegmentReader segments, TransactionSynchronizationRegistry transactions) {
        this.database = database;
        this.store = store;
        this.segments = segments;
        this.transactions = transactions;
    }

    /**
     * The next runs in this order, from a place on, which is not among them; empty for the beginning. To be called in a
     * transaction.
     */
    public List<Place> find(RunCriteria criteria, RunOrder order, Optional<Place> after, int limit)
            throws SQLException {
        try (Connection connection = database.getConnection()) {
            planForFewRows(connection);
            // First: a run that is indexed meanwhile is then found twice rather than not at all.
            UnindexedRuns unindexed = UnindexedRuns.find(connection, criteria, order, after, limit);
            TreeSet<Place> found = new TreeSet<>(order.comparator());
            found.addAll(unindexed.found());
            RunCriteria ofIndex = withLongest(connection, criteria);
            Search search = new Search(connection, ofIndex, order);
            Plan plan = search.plan();
            Optional<List<Place>> quickly = Optional.empty();
            if (plan.isLong(ofIndex)) {
                quickly = search.findNear(plan, after.orElse(null), limit, unindexed.keys());
                if (quickly.isEmpty()) {
                    quickly = new SegmentFinder(segments, connection, ofIndex, order)
                            .find(after.orElse(null), limit, keys -> search.among(keys, unindexed.keys()));
                }
            }
            if (plan.sortsMany(order)) {
                quickly = search.findFirst(plan, after.orElse(null), limit, unindexed.keys());
            }
            found.addAll(
                    quickly.isPresent()
                            ? quickly.get()
                            : search.find(plan, after.orElse(null), limit, unindexed.keys()));
            return found.stream().limit(limit).toList();
        }
    }

    /**
     * Whether more than so many runs may meet the criteria: so many are in each range of the index that has all that do. To be called
     * in a transaction.
     */
    public boolean areMoreThan(int count, RunCriteria criteria) throws SQLException {
        try (Connection connection = database.getConnection()) {
            planForFewRows(connection);
            Search search = new Search(connection, criteria, RunOrder.NEWEST);
            return search.counts(search.candidates(), count).stream().allMatch(number -> number > count);
        }
    }

    /** Those of some runs that meet all criteria, the newest first. To be called in a transaction. */
    public List<Place> among(RunCriteria criteria, Collection<Long> keys) throws SQLException {
        if (keys.isEmpty()) {
            return List.of();
        }
        try (Connection connection = database.getConnection()) {
            planForFewRows(connection);
            UnindexedRuns unindexed = UnindexedRuns.among(connection, criteria, keys);
            TreeSet<Place> found = new TreeSet<>(RunOrder.NEWEST.comparator());
            found.addAll(unindexed.found());
            found.addAll(new Search(connection, criteria, RunOrder.NEWEST).among(keys, unindexed.keys()));
            return List.copyOf(found);
        }
    }

    /**
     * The runs that may meet the criteria, the newest first: those that do are among them. Empty if no segment tells them: where
     * these do not have most of the owner's runs, or do not know what is asked for. To be called in a transaction.
     *
     * @param others runs that have not ended, to be found as well
     */
    public Optional<Candidates> candidates(RunCriteria criteria, DocumentRange range, List<Document> others)
            throws SQLException {
        boolean known = !criteria.groups().isEmpty() || !criteria.duration().isAll();
        if (!known || criteria.asksFor(Kind.THREAD)) {
            return Optional.empty();
        }
        try (Connection connection = database.getConnection()) {
            planForFewRows(connection);
            // First: what segments say of a run that is indexed anew may be out of date.
            Optional<List<Place>> ended = UnindexedRuns.ended(connection, criteria);
            if (ended.isEmpty()) {
                return Optional.empty();
            }
            List<Document> all = new ArrayList<>(others);
            ended.get().forEach(place -> all.add(place.document()));
            Search search = new Search(connection, criteria, RunOrder.NEWEST);
            return new SegmentFinder(segments, connection, criteria, RunOrder.NEWEST)
                    .candidates(range, all, keys -> search.among(keys, Set.of()));
        }
    }

    /** A run that ended after some time began not much earlier: otherwise all runs that began before would be looked at. */
    static RunCriteria withLongest(Connection connection, RunCriteria criteria) throws SQLException {
        if (criteria.completed().from() == Long.MIN_VALUE) {
            return criteria;
        }
        try (PreparedStatement select = connection.prepareStatement(LONGEST)) {
            select.setLong(1, Trait.ofOwner(criteria.owner()));
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? criteria.lastingUpTo(Duration.ofMillis(row.getLong(1))) : criteria;
            }
        }
    }

    /** Once a transaction: it lasts until its end. */
    private void planForFewRows(Connection connection) throws SQLException {
        if (store.engine() == Engine.POSTGRESQL && transactions.getResource(FOR_FEW_ROWS) == null) {
            try (Statement set = connection.createStatement()) {
                set.execute(FOR_FEW_ROWS);
            }
            transactions.putResource(FOR_FEW_ROWS, true);
        }
    }

    /** One search in the index. */
    private static final class Search {

        private final Connection connection;
        private final RunCriteria criteria;
        private final RunOrder order;
        private final FacetSql sql;

        Search(Connection connection, RunCriteria criteria, RunOrder order) {
            this.connection = connection;
            this.criteria = criteria;
            this.order = order;
            this.sql = new FacetSql(criteria, order);
        }

        /** @param without runs that are being indexed anew: what the index says of them is out of date */
        List<Place> find(Plan plan, @Nullable Place after, int limit, Set<Long> without) throws SQLException {
            List<Place> found = new ArrayList<>();
            @Nullable Place from = after;
            while (true) {
                List<Place> next = next(plan, from, limit);
                found.addAll(withoutThese(without, next));
                if (next.size() < limit || found.size() >= limit) {
                    return found;
                }
                from = next.get(next.size() - 1);
            }
        }

        /** The next runs, if enough of the next candidates are among them; else empty. */
        Optional<List<Place>> findNear(Plan plan, @Nullable Place after, int limit, Set<Long> without)
                throws SQLException {
            if (plan.candidates.keys().size() != 1 || NEAR < limit) {
                return Optional.empty();
            }
            return enough(plan.candidates, NEAR, after, limit, without);
        }

        /** The next runs, if the first ones of the order have enough that are asked for; else empty. */
        Optional<List<Place>> findFirst(Plan plan, @Nullable Place after, int limit, Set<Long> without)
                throws SQLException {
            int looked = Math.toIntExact(plan.count / 2);
            if (looked < limit || after != null && after.value() == null) {
                return Optional.empty();
            }
            return enough(FacetSql.facts(order.by().column(), RunCriteria.Range.ALL), looked, after, limit, without);
        }

        /** The next runs, if so many candidates have enough of them; else empty. */
        private Optional<List<Place>> enough(
                IndexRange candidates, int past, @Nullable Place after, int limit, Set<Long> without)
                throws SQLException {
            List<Place> found = withoutThese(without, read(sql.walkShort(candidates, past, after, limit)));
            return found.size() == limit ? Optional.of(found) : Optional.empty();
        }

        List<Place> among(Collection<Long> keys, Set<Long> without) throws SQLException {
            if (keys.isEmpty()) {
                return List.of();
            }
            try (PreparedStatement select = connection.prepareStatement(sql.among())) {
                select.setArray(1, connection.createArrayOf("bigint", keys.toArray()));
                try (ResultSet row = select.executeQuery()) {
                    return withoutThese(without, places(row));
                }
            }
        }

        private static List<Place> withoutThese(Set<Long> without, List<Place> places) {
            return places.stream()
                    .filter(place -> !without.contains(place.runPk()))
                    .toList();
        }

        private List<Place> next(Plan plan, @Nullable Place after, int limit) throws SQLException {
            List<Place> places = new ArrayList<>();
            if (after == null || after.value() != null) {
                places.addAll(read(plan.sql(sql, after, false, limit)));
            }
            if (places.size() < limit && order.by() == By.TOTAL_TOKENS) {
                places.addAll(read(plan.sql(sql, after, true, limit - places.size())));
            }
            return places;
        }

        Plan plan() throws SQLException {
            List<IndexRange> candidates = candidates();
            boolean sorted = order.by() == By.CREATED_AT;
            if (sorted && candidates.size() == 1 && candidates.get(0).areFacets()) {
                return new Plan(candidates.get(0), true, 0);
            }
            @Nullable IndexRange fewest = null;
            long least = Long.MAX_VALUE;
            List<Long> counts = counts(candidates, FEW);
            for (int i = 0; i < counts.size(); i++) {
                if (counts.get(i) < least) {
                    least = counts.get(i);
                    fewest = candidates.get(i);
                }
            }
            if (fewest != null && least <= FEW) {
                return new Plan(fewest, false, least);
            }
            // A thread has fewer runs than any other trait that is common.
            Optional<IndexRange> walked = candidates.stream()
                    .filter(some -> sorted && some.areFacets())
                    .min(Comparator.comparing(some -> !some.areOfThread()));
            return new Plan(walked.orElse(FacetSql.facts(order.by().column(), RunCriteria.Range.ALL)), true, 0);
        }

        /** All ranges that hold every run asked for; those of two groups first. */
        private List<IndexRange> candidates() {
            List<IndexRange> candidates = new ArrayList<>();
            List<Group> groups = criteria.groups();
            for (int i = 0; i < groups.size(); i++) {
                for (int j = i + 1; j < groups.size(); j++) {
                    Group one = groups.get(i);
                    Group other = groups.get(j);
                    one.pairedWith(other).ifPresent(keys -> candidates.add(sql.facets(keys, Set.of(one, other))));
                }
            }
            if (candidates.isEmpty() || groups.size() > 2) {
                groups.forEach(group -> candidates.add(sql.facets(group.keys(), Set.of(group))));
            }
            if (!criteria.completed().isAll()) {
                candidates.add(FacetSql.facts("completed_us", criteria.completed()));
            }
            if (!criteria.duration().isAll()) {
                candidates.add(FacetSql.facts("duration_ms", criteria.duration()));
            }
            if (order.by() != By.CREATED_AT && !criteria.created().isAll()) {
                candidates.add(FacetSql.facts("created_us", criteria.created()));
            }
            return candidates;
        }

        /** How many runs are in each of some ranges, in their order, up to a bound and one more. */
        List<Long> counts(List<IndexRange> ranges, int bound) throws SQLException {
            if (ranges.isEmpty()) {
                return List.of();
            }
            try (Statement select = connection.createStatement();
                    ResultSet row = select.executeQuery(sql.counts(ranges, bound))) {
                row.next();
                List<Long> counts = new ArrayList<>();
                for (int i = 1; i <= ranges.size(); i++) {
                    counts.add(row.getLong(i));
                }
                return counts;
            }
        }

        private List<Place> read(String query) throws SQLException {
            try (Statement select = connection.createStatement();
                    ResultSet row = select.executeQuery(query)) {
                return places(row);
            }
        }

        private static List<Place> places(ResultSet row) throws SQLException {
            List<Place> places = new ArrayList<>();
            while (row.next()) {
                long value = row.getLong(1);
                places.add(new Place(row.wasNull() ? null : value, row.getLong(2)));
            }
            return places;
        }
    }

    /**
     * How to find the runs.
     *
     * @param walked whether the candidates are walked in the list's order, rather than looked at as a whole
     * @param count how many there are, where they are looked at as a whole
     */
    private record Plan(IndexRange candidates, boolean walked, long count) {

        /** Whether many runs would be looked up to be sorted by what their traits do not tell. */
        boolean sortsMany(RunOrder order) {
            return count >= MANY_TO_SORT && candidates.areFacets() && order.by() != By.CREATED_AT;
        }

        /** Whether it may go past many runs that meet some of the conditions, but not all. */
        boolean isLong(RunCriteria criteria) {
            boolean ofThread = criteria.asksFor(Kind.THREAD);
            int conditions = criteria.groups().size() + (criteria.duration().isAll() ? 0 : 1);
            return walked
                    && !ofThread
                    && conditions > Math.max(1, candidates.covered().size());
        }

        String sql(FacetSql sql, @Nullable Place after, boolean unknown, int limit) {
            return walked
                    ? sql.walk(candidates, after, unknown, limit)
                    : sql.collect(candidates, FEW, after, unknown, limit);
        }
    }
}
