package io.runtape.facet;

import io.runtape.facet.FacetSql.IndexRange;
import io.runtape.facet.RunCriteria.Group;
import io.runtape.facet.RunOrder.By;
import io.runtape.facet.SegmentFinder.ByValue;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One search for ended runs in the index. Blocks; confined to one thread. */
final class IndexedRuns {

    /** So many runs of a range, or of segments, are looked at as a whole in a few milliseconds. */
    static final int FEW = 2000;

    /** So many candidates are looked at before segments are read, which takes longer: most runs may meet all conditions. */
    private static final int NEAR = 300;

    /** To look at so many runs and sort them takes longer than to read which of them come next. */
    static final int MANY_TO_SORT = 600;

    /** So many runs of an order are walked past to learn how far it goes to all that are asked for. */
    private static final int SAMPLE = 200;

    /** So many are walked past at once if that is likely to be far enough. */
    private static final int SHORT_WALK = 1000;

    /** More candidates than that are never all sorted: to look them up would take longer than some tenths of a second. */
    static final int SORTED_MAX = 100_000;

    static final String OWNERS = "select run_pk, owner_key from run_fact where run_pk = any(?)";

    private final Connection connection;
    private final RunCriteria criteria;
    private final RunOrder order;
    private final UnindexedRuns unindexed;
    private final FacetSql sql;

    /** @param unindexed those that are left out: what the index says of them is out of date; where they are not known, the rows tell */
    IndexedRuns(Connection connection, RunCriteria criteria, RunOrder order, UnindexedRuns unindexed) {
        this.connection = connection;
        this.criteria = criteria;
        this.order = order;
        this.unindexed = unindexed;
        this.sql = new FacetSql(criteria, order);
    }

    /**
     * The next runs. In the order of a value, for conditions that many runs meet, a part of the order is walked first; if that has not
     * enough, the segments tell which runs come next. Where they cannot, how many of these runs meet all conditions tells how much
     * further it goes to all that are asked for; if fewer runs than that may meet the conditions, these are sorted instead.
     */
    List<Place> find(IndexPlan plan, SegmentFinder segments, @Nullable Place after, int limit) throws SQLException {
        List<Place> found = new ArrayList<>();
        if (after == null || after.value() != null) {
            found.addAll(find(plan, segments, after, false, limit));
        }
        if (found.size() < limit && order.by() == By.TOTAL_TOKENS) {
            found.addAll(find(plan, segments, after, true, limit - found.size()));
        }
        return found;
    }

    /** @param unknown whether of the runs whose value is not known, which come last; otherwise of the others */
    private List<Place> find(IndexPlan plan, SegmentFinder segments, @Nullable Place after, boolean unknown, int limit)
            throws SQLException {
        List<IndexRange> candidates = candidates();
        boolean walks = plan.walksByValue(order) && !candidates.isEmpty();
        if (!walks && (unknown || !plan.sortsMany(order))) {
            return findFrom(plan, after, unknown, limit);
        }
        List<Place> near = walkPast(SAMPLE, after, unknown, limit);
        int likely = near.size() * SHORT_WALK / SAMPLE;
        if (near.size() < limit && likely >= limit) {
            near = walkPast(SHORT_WALK, after, unknown, limit);
            likely = near.size();
        }
        if (near.size() == limit) {
            return near;
        }
        ByValue ofSegments =
                findInSegments(segments, after, unknown, limit).orElse(new ByValue(List.of(), false, after));
        List<Place> found = new ArrayList<>(ofSegments.found());
        int wanted = limit - found.size();
        if (ofSegments.hasGone(after)) {
            // Of very many runs of nearly one value many are next to each other.
            List<Place> next = walkPast(SHORT_WALK, ofSegments.reached(), unknown, wanted);
            if (next.size() == wanted) {
                found.addAll(next);
                return found;
            }
        }
        if (!ofSegments.isAll()) {
            long further = (long) SHORT_WALK * (limit - near.size()) / Math.max(1, likely);
            IndexPlan shorter = walks
                    ? fewest(candidates, Math.toIntExact(Math.min(further, SORTED_MAX)))
                            .orElse(plan)
                    : plan;
            found.addAll(findFrom(shorter, ofSegments.reached(), unknown, wanted));
        }
        return found;
    }

    /** Those of the next so many runs of the order that are asked for. */
    private List<Place> walkPast(int runs, @Nullable Place after, boolean unknown, int limit) throws SQLException {
        IndexRange all = FacetSql.facts(order.by().column(), RunCriteria.Range.ALL);
        return kept(all, read(sql.walkShort(all, runs, after, unknown, limit)));
    }

    private List<Place> findFrom(IndexPlan plan, @Nullable Place after, boolean unknown, int limit)
            throws SQLException {
        List<Place> found = new ArrayList<>();
        @Nullable Place from = after;
        while (true) {
            List<Place> next = read(plan.sql(sql, from, unknown, limit));
            found.addAll(kept(plan.candidates(), next));
            if (next.size() < limit || found.size() >= limit) {
                return found;
            }
            from = next.get(next.size() - 1);
        }
    }

    /** Empty if the segments do not tell. */
    private Optional<ByValue> findInSegments(SegmentFinder segments, @Nullable Place after, boolean unknown, int limit)
            throws SQLException {
        @Nullable ValueColumn column = ValueColumn.of(order.by());
        if (column == null) {
            return Optional.empty();
        }
        if (unknown) {
            return segments.findUnknown(column, after, limit, this::among).map(found -> new ByValue(found, true, null));
        }
        List<Place> first = read(sql.next(after));
        return first.isEmpty()
                ? Optional.of(new ByValue(List.of(), true, null))
                : segments.findByValue(column, first.get(0), after, limit, this::among);
    }

    /** The next runs, if enough of the next candidates are among them; else empty. */
    Optional<List<Place>> findNear(IndexPlan plan, @Nullable Place after, int limit) throws SQLException {
        boolean ofOneWalk = plan.candidates().keys().size() <= 1 && !plan.walksByValue(order);
        if (!ofOneWalk || NEAR < limit) {
            return Optional.empty();
        }
        List<Place> found = kept(plan.candidates(), read(sql.walkShort(plan.candidates(), NEAR, after, false, limit)));
        return found.size() == limit ? Optional.of(found) : Optional.empty();
    }

    List<Place> among(Collection<Long> keys) throws SQLException {
        if (keys.isEmpty()) {
            return List.of();
        }
        return unindexed.keys().isPresent() ? upToDate(indexed(keys)) : asTheyAreNow(keys);
    }

    /** Those of some runs that are asked for by what the index says. */
    private List<Place> indexed(Collection<Long> keys) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql.among())) {
            select.setArray(1, connection.createArrayOf("bigint", keys.toArray()));
            try (ResultSet row = select.executeQuery()) {
                return places(row);
            }
        }
    }

    /** The rows of those that are not indexed tell, first of all: a run that is indexed meanwhile is told by the index. */
    private List<Place> asTheyAreNow(Collection<Long> keys) throws SQLException {
        UnindexedRuns rows = UnindexedRuns.among(connection, criteria, order, keys);
        Set<Long> others = new HashSet<>(keys);
        rows.keys().ifPresent(others::removeAll);
        List<Place> places = new ArrayList<>(rows.found());
        if (!others.isEmpty()) {
            places.addAll(indexed(others));
        }
        return places;
    }

    /**
     * Those of some candidates that are of the owner and that the index knows as they are. The key of a trait is a short hash that
     * has the owner in it: who looks for two that are the same, by values of his own, may find one.
     */
    private List<Place> kept(IndexRange candidates, List<Place> places) throws SQLException {
        return upToDate(candidates.areFacets() && !places.isEmpty() ? ofOwner(places) : places);
    }

    private List<Place> ofOwner(List<Place> places) throws SQLException {
        Set<Long> own = new HashSet<>();
        try (PreparedStatement select = connection.prepareStatement(OWNERS)) {
            select.setArray(
                    1,
                    connection.createArrayOf(
                            "bigint", places.stream().map(Place::runPk).toArray()));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    if (row.getLong(2) == Trait.ofOwner(criteria.owner())) {
                        own.add(row.getLong(1));
                    }
                }
            }
        }
        return places.stream().filter(place -> own.contains(place.runPk())).toList();
    }

    /** Without those of which the index may have an earlier state; where these are not known, those that are still at their places. */
    private List<Place> upToDate(List<Place> places) throws SQLException {
        if (places.isEmpty()) {
            return places;
        }
        Optional<Set<Long>> outdated = unindexed.keys();
        if (outdated.isPresent()) {
            return places.stream()
                    .filter(place -> !outdated.get().contains(place.runPk()))
                    .toList();
        }
        Set<Place> present =
                new HashSet<>(asTheyAreNow(places.stream().map(Place::runPk).toList()));
        return places.stream().filter(present::contains).toList();
    }

    IndexPlan plan() throws SQLException {
        List<IndexRange> candidates = candidates();
        boolean sorted = order.by() == By.CREATED_AT;
        if (sorted && candidates.size() == 1 && candidates.get(0).areFacets()) {
            return IndexPlan.ofWalk(candidates.get(0), candidates);
        }
        Optional<IndexPlan> fewest = fewest(candidates, FEW);
        if (fewest.isPresent()) {
            return fewest.get();
        }
        // A thread has fewer runs than any other trait that is common.
        Optional<IndexRange> walked = candidates.stream()
                .filter(some -> sorted && some.areFacets())
                .min(Comparator.comparing(some -> !some.areOfThread()));
        return walked.map(some -> IndexPlan.ofWalk(some, List.of(some)))
                .orElse(IndexPlan.ofWalk(FacetSql.facts(order.by().column(), RunCriteria.Range.ALL), candidates));
    }

    /** To look at all of those candidates that are fewest; empty if even these are more than the bound. */
    private Optional<IndexPlan> fewest(List<IndexRange> candidates, int bound) throws SQLException {
        List<Long> counts = counts(candidates, bound);
        return IntStream.range(0, counts.size())
                .filter(i -> counts.get(i) <= bound)
                .boxed()
                .min(Comparator.comparing(counts::get))
                .map(i -> new IndexPlan(candidates.get(i), false, counts.get(i), 0));
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

    /** Whether each range of the index that has all runs asked for has more than so many. */
    boolean areMoreThan(int count) throws SQLException {
        return counts(candidates(), count).stream().allMatch(number -> number > count);
    }

    /** How many runs are in each of some ranges, in their order, up to a bound and one more. */
    private List<Long> counts(List<IndexRange> ranges, int bound) throws SQLException {
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
