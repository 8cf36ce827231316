package io.runtape.facet;

import io.runtape.facet.RunOrder.By;
import io.runtape.segment.Candidates;
import io.runtape.segment.Columns;
import io.runtape.segment.Document;
import io.runtape.segment.DocumentRange;
import io.runtape.segment.SegmentKind;
import io.runtape.segment.SegmentReader;
import io.runtape.segment.ValuedRuns;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds runs that meet several conditions which many runs meet, but few, or none, together: the segments of traits tell which. Runs
 * that are in no segment yet are looked at one by one. Blocks; confined to one thread.
 */
final class SegmentFinder {

    /** The owner's runs that are in no segment. */
    static final String OUTSIDE = """
            select run_pk from run_fact where in_segment = false and owner_key = ?
            order by in_segment, owner_key, created_us limit ?""";

    /** More of them have come from a version without segments, and will be in some. */
    static final int OUTSIDE_MAX = 1000;

    /** In the order of a value no more runs than about so many are looked at: a condition that no segment knows may leave most out. */
    private static final int LOOKED_AT_MAX = 3 * IndexedRuns.FEW;

    /** Runs that are looked at together, at least. */
    private static final int AT_ONCE = 50;

    private final SegmentReader segments;
    private final Connection connection;
    private final RunCriteria criteria;
    private final RunOrder order;

    SegmentFinder(SegmentReader segments, Connection connection, RunCriteria criteria, RunOrder order) {
        this.segments = segments;
        this.connection = connection;
        this.criteria = criteria;
        this.order = order;
    }

    /** Looks which of some runs meet all criteria. */
    @FunctionalInterface
    interface Look {
        List<Place> among(Collection<Long> keys) throws SQLException;
    }

    /**
     * The next runs in the order, from a place on, which is not among them; empty if the segments do not have most of the owner's
     * runs, or have too many of those asked for to be sorted.
     */
    Optional<List<Place>> find(@Nullable Place after, int limit, Look look) throws SQLException {
        // First: a run that comes into a segment meanwhile is then found twice rather than not at all.
        List<Long> outside = outside();
        if (outside.size() > OUTSIDE_MAX) {
            return Optional.empty();
        }
        Candidates candidates = new Candidates(
                segments, criteria.owner().id(), SegmentKind.TRAITS, new TraitQuery(criteria), range(after), List.of());
        TreeSet<Place> found = new TreeSet<>(order.comparator());
        int atOnce = Math.max(limit, AT_ONCE);
        if (order.equals(RunOrder.NEWEST)) {
            boolean more = true;
            while (more && found.size() < limit) {
                List<Document> some = candidates.next(atOnce);
                found.addAll(behind(after, look.among(keys(some))));
                more = !some.isEmpty();
            }
        } else {
            boolean byTime = order.by() == By.CREATED_AT;
            int most = byTime ? IndexedRuns.SORTED_MAX : IndexedRuns.FEW;
            List<Document> all = candidates.next(most + 1);
            if (all.size() > most) {
                return Optional.empty();
            }
            Collections.reverse(all);
            int step = byTime ? atOnce : most;
            for (int from = 0; from < all.size() && found.size() < limit; from += step) {
                List<Document> some = all.subList(from, Math.min(from + step, all.size()));
                found.addAll(behind(after, look.among(keys(some))));
            }
        }
        found.addAll(behind(after, look.among(outside)));
        return Optional.of(found.stream().limit(limit).toList());
    }

    /** Those that come after a place. */
    private List<Place> behind(@Nullable Place after, Collection<Place> places) {
        return places.stream()
                .filter(place -> after == null || order.comparator().compare(after, place) < 0)
                .toList();
    }

    /**
     * Runs in the order of a value.
     *
     * @param found the next ones, maybe fewer than were asked for
     * @param isAll whether there are no others, or as many as were asked for
     * @param reached if there are others, they come after this place; null if they may be anywhere
     */
    record ByValue(
            List<Place> found, boolean isAll, @Nullable Place reached) {

        /** Whether there are others, which come after another place than this one. */
        boolean hasGone(@Nullable Place after) {
            return !isAll && reached != null && !reached.equals(after);
        }
    }

    /** Runs that may meet the criteria with their values, and those that were looked at because no segment tells their values. */
    private record Valued(ValuedRuns runs, List<Place> looked) {}

    /** Empty if the segments do not have most of the owner's runs, or do not know what is asked for. */
    private Optional<Valued> valued(ValueColumn column, Look look) throws SQLException {
        if (!criteria.haveTerms()) {
            return Optional.empty();
        }
        List<Long> outside = outside();
        Optional<ValuedRuns> segmented = outside.size() > OUTSIDE_MAX
                ? Optional.empty()
                : ValuedRuns.find(
                        segments,
                        connection,
                        SegmentKind.TRAITS,
                        criteria.owner().id(),
                        new TraitQuery(criteria),
                        column.ordinal(),
                        range(null));
        if (segmented.isEmpty()) {
            return Optional.empty();
        }
        ValuedRuns runs = segmented.get();
        Optional<List<Document>> unsure = few(runs, Columns.UNSURE);
        if (unsure.isEmpty()) {
            return Optional.empty();
        }
        List<Place> looked = new ArrayList<>(look.among(outside));
        looked.addAll(look.among(keys(unsure.get())));
        return Optional.of(new Valued(runs, looked));
    }

    /** Those with a value, unless they are many, or a segment was merged meanwhile. */
    private Optional<List<Document>> few(ValuedRuns runs, int value) throws SQLException {
        return runs.count(value) > IndexedRuns.FEW ? Optional.empty() : runs.with(connection, value, value);
    }

    /**
     * The next runs whose value is not known, which come last, from a place on, which is not among them; empty if they are many, or
     * the segments do not tell.
     */
    Optional<List<Place>> findUnknown(ValueColumn column, @Nullable Place after, int limit, Look look)
            throws SQLException {
        Optional<Valued> valued = valued(column, look);
        Optional<List<Document>> unknown =
                valued.isEmpty() ? Optional.empty() : few(valued.get().runs, ValueColumn.UNKNOWN);
        if (unknown.isEmpty()) {
            return Optional.empty();
        }
        TreeSet<Place> found = new TreeSet<>(order.comparator());
        found.addAll(valued.get().looked);
        found.addAll(look.among(keys(unknown.get())));
        found.removeIf(place -> place.value() != null);
        return Optional.of(behind(after, found).stream().limit(limit).toList());
    }

    /**
     * The next runs in the order of a value that is known, from a place on, which is not among them; empty if the segments do not
     * have most of the owner's runs, or do not know what is asked for. The columns of the segments tell which of the runs that may meet
     * the criteria have the first rounded values of the order. These are looked at, and those with the next values, until there are
     * enough, or very many have one of them.
     *
     * @param first the next run of the order, whatever it is
     */
    Optional<ByValue> findByValue(ValueColumn column, Place first, @Nullable Place after, int limit, Look look)
            throws SQLException {
        Optional<Valued> valued = valued(column, look);
        if (valued.isEmpty()) {
            return Optional.empty();
        }
        ValuedRuns runs = valued.get().runs;
        TreeSet<Place> looked = new TreeSet<>(order.comparator());
        looked.addAll(valued.get().looked);
        int lookedAt = 0;
        List<Place> found = List.of();
        @Nullable Place reached = after;
        int step = order.descending() ? -1 : 1;
        int end = order.descending() ? ValueColumn.FIRST : ValueColumn.LAST;
        int from = ValueColumn.rounded(Objects.requireNonNull(first.value()));
        while (true) {
            int to = from;
            int count = runs.count(from);
            if (count > IndexedRuns.FEW || lookedAt > LOOKED_AT_MAX) {
                return Optional.of(new ByValue(found, false, reached));
            }
            while (to != end && count < limit && count + runs.count(to + step) <= IndexedRuns.FEW) {
                to += step;
                count += runs.count(to);
            }
            lookedAt += count;
            Optional<List<Document>> some = runs.with(connection, Math.min(from, to), Math.max(from, to));
            if (some.isEmpty()) {
                return Optional.empty();
            }
            looked.addAll(look.among(keys(some.get())));
            found = next(looked, after, limit, to);
            if (found.size() == limit || to == end) {
                return Optional.of(new ByValue(found, true, null));
            }
            from = to + step;
            reached = ValueColumn.before(from, order);
        }
    }

    /** Those after a place whose values are known, and rounded no further than this. */
    private List<Place> next(TreeSet<Place> looked, @Nullable Place after, int limit, int rounded) {
        int step = order.descending() ? -1 : 1;
        return behind(after, looked).stream()
                .takeWhile(place -> {
                    Long value = place.value();
                    return value != null && step * (ValueColumn.rounded(value) - rounded) <= 0;
                })
                .limit(limit)
                .toList();
    }

    /**
     * The owner's runs that may meet the criteria, the newest first; empty if the segments do not have most of the owner's runs.
     *
     * @param others runs that are in no segment, to be found as well
     */
    Optional<Candidates> candidates(DocumentRange range, List<Document> others, Look look) throws SQLException {
        List<Long> outside = outside();
        if (outside.size() > OUTSIDE_MAX) {
            return Optional.empty();
        }
        List<Document> all = new ArrayList<>(others);
        look.among(outside).forEach(place -> all.add(place.document()));
        return Optional.of(new Candidates(
                segments, criteria.owner().id(), SegmentKind.TRAITS, new TraitQuery(criteria), range, all));
    }

    private List<Long> outside() throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(OUTSIDE)) {
            select.setLong(1, Trait.ofOwner(criteria.owner()));
            select.setInt(2, OUTSIDE_MAX + 1);
            try (ResultSet row = select.executeQuery()) {
                List<Long> keys = new ArrayList<>();
                while (row.next()) {
                    keys.add(row.getLong(1));
                }
                return keys;
            }
        }
    }

    private static Set<Long> keys(List<Document> documents) {
        Set<Long> keys = new TreeSet<>();
        documents.forEach(document -> keys.add(document.runPk()));
        return keys;
    }

    private DocumentRange range(@Nullable Place after) {
        long from = criteria.created().from();
        @Nullable Document last = null;
        Long value = after == null ? null : after.value();
        if (after != null && value != null && order.by() == By.CREATED_AT) {
            if (order.descending()) {
                last = new Document(value, after.runPk());
            } else {
                from = Math.max(from, value);
            }
        }
        return new DocumentRange(from, criteria.created().to(), last);
    }
}
