package io.runtape.facet;

import io.runtape.access.Owner;
import io.runtape.facet.RunOrder.By;
import io.runtape.facet.Trait.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The runs that the index does not have: those that go on, and those that have just ended. They are few, and their rows tell
 * all but the tools that they called. After an update from a version without the index they may be all runs: then all rows are
 * looked at, until they are indexed.
 *
 * @param found those that are asked for, in order
 * @param keys all of them, asked for or not: the index may still have an earlier state; empty if they are too many to be known
 */
record UnindexedRuns(List<Place> found, Optional<Set<Long>> keys) {

    /** Where none is left out, or whoever asks leaves them out. */
    static final UnindexedRuns NONE = new UnindexedRuns(List.of(), Optional.of(Set.of()));

    /** Where it is not known which they are. */
    static final UnindexedRuns UNKNOWN = new UnindexedRuns(List.of(), Optional.empty());

    /** More have not just ended: they are still to be indexed for the first time. */
    private static final int ENDED_MAX = 1000;

    /** So many are looked up by their keys. To find more, all of the owner's runs are gone through. */
    static final int LOOKED_UP_MAX = 10_000;

    /** Rows of one read. */
    private static final int ROWS = 200;

    /**
     * Those that go on, and those that have ended last. One statement, so that a run which ends meanwhile is in the one or in the
     * other. An expression keeps H2 from walking all runs of the owner, where few runs of all owners are live.
     */
    static final String ALL = """
            (select %1$s, false from run where status = 'running' and substring(owner, 1, 128) = ?)
            union all
            (select %1$s, true from run where indexed_at is null and completed_at is not null and owner = ?
            order by indexed_at desc, completed_at desc, run_pk desc limit ?)""";

    /** The owner is compared by an expression: H2 would otherwise walk all that the owner has. */
    static final String OF_KEYS = """
            select %s from run where run_pk = any(?) and substring(owner, 1, 128) = ? and indexed_at is null""";

    static final String ENDED = """
            select run_pk from run where indexed_at is null and completed_at is not null and owner = ?
            order by indexed_at desc, completed_at desc, run_pk desc limit ?""";

    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999Z");

    private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");

    /** The runs that are asked for, in order, from a place on. */
    static UnindexedRuns find(
            Connection connection, RunCriteria criteria, RunOrder order, Optional<Place> after, int limit)
            throws SQLException {
        Search search = new Search(connection, criteria, order, after, limit);
        if (search.lookAtUnindexed() <= ROWS) {
            return new UnindexedRuns(List.copyOf(search.found), Optional.of(search.seen));
        }
        List<Long> ended = ended(connection, criteria.owner(), LOOKED_UP_MAX);
        Search all = new Search(connection, criteria, order, after, limit);
        if (ended.size() <= LOOKED_UP_MAX) {
            Set<Long> keys = new HashSet<>(search.seen);
            keys.addAll(ended);
            all.lookAt(List.copyOf(keys));
            return new UnindexedRuns(List.copyOf(all.found), Optional.of(all.seen));
        }
        // Rows do not tell which tools a run has called.
        if (!criteria.asksFor(Kind.TOOL)) {
            all.lookAtAll();
        }
        return new UnindexedRuns(List.copyOf(all.found), Optional.empty());
    }

    /** Those of the runs that have just ended that are asked for; empty if there are more, since not all have just ended. */
    static Optional<List<Place>> ended(Connection connection, RunCriteria criteria) throws SQLException {
        List<Long> ended = ended(connection, criteria.owner(), ENDED_MAX);
        if (ended.size() > ENDED_MAX) {
            return Optional.empty();
        }
        Search search = new Search(connection, criteria, RunOrder.NEWEST, Optional.empty(), ENDED_MAX);
        search.lookAt(ended);
        return Optional.of(List.copyOf(search.found));
    }

    /** Those of some runs that are not indexed and are asked for, in order. */
    static UnindexedRuns among(Connection connection, RunCriteria criteria, RunOrder order, Collection<Long> keys)
            throws SQLException {
        Search search = new Search(connection, criteria, order, Optional.empty(), keys.size());
        search.lookAt(List.copyOf(keys));
        return new UnindexedRuns(List.copyOf(search.found), Optional.of(search.seen));
    }

    /** The keys of those that have ended last, up to a bound and one more. */
    private static List<Long> ended(Connection connection, Owner owner, int bound) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(ENDED)) {
            select.setString(1, owner.id());
            select.setInt(2, bound + 1);
            List<Long> keys = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    keys.add(row.getLong(1));
                }
            }
            return keys;
        }
    }

    /** Looks at rows, and keeps the first of those that are asked for. */
    private static final class Search {

        private final Connection connection;
        private final RunCriteria criteria;
        private final RunOrder order;
        private final Optional<Place> after;
        private final int limit;
        private final String columns;
        private final TreeSet<Place> found;

        /** The keys of the rows that were looked at, unless all are. */
        private final Set<Long> seen = new HashSet<>();

        /** Rows of the last read that may be asked for, as their long texts will tell. */
        private final List<SearchedRow> withLongTexts = new ArrayList<>();

        Search(Connection connection, RunCriteria criteria, RunOrder order, Optional<Place> after, int limit) {
            this.connection = connection;
            this.criteria = criteria;
            this.order = order;
            this.after = after;
            this.limit = limit;
            this.found = new TreeSet<>(order.comparator());
            this.columns = SearchedRow.columns(criteria, order);
        }

        /** Those that go on, and {@value #ROWS} and one more of those that have ended last; returns how many of the latter there are. */
        int lookAtUnindexed() throws SQLException {
            try (PreparedStatement select = connection.prepareStatement(ALL.formatted(columns))) {
                select.setString(1, criteria.owner().id());
                select.setString(2, criteria.owner().id());
                select.setInt(3, ROWS + 1);
                select.setFetchSize(ROWS);
                int ended = 0;
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        look(row);
                        ended += row.getBoolean(SearchedRow.COLUMNS + 1) ? 1 : 0;
                    }
                }
                lookAtLongTexts();
                return ended;
            }
        }

        void lookAt(List<Long> keys) throws SQLException {
            for (int from = 0; from < keys.size(); from += ROWS) {
                Object[] some =
                        keys.subList(from, Math.min(from + ROWS, keys.size())).toArray();
                try (PreparedStatement select = connection.prepareStatement(OF_KEYS.formatted(columns))) {
                    select.setArray(1, connection.createArrayOf("bigint", some));
                    select.setString(2, criteria.owner().id());
                    read(select);
                }
            }
        }

        /** The order of the rows is that of the list if it is sorted by time, and any other one is as good if it is not. */
        void lookAtAll() throws SQLException {
            boolean byTime = order.by() == By.CREATED_AT;
            boolean descending = !byTime || order.descending();
            String direction = descending ? " desc" : " asc";
            String past = descending ? "<" : ">";
            String query = "select " + columns
                    + " from run where owner = ? and indexed_at is null and run_pk > 0 and created_at " + past
                    + "= ? and (created_at " + past
                    + " ? or run_pk " + past + " ?) order by owner" + direction + ", created_at" + direction
                    + ", run_pk" + direction + " limit " + ROWS;
            Instant at = byTime && after.isPresent()
                    ? Instant.EPOCH.plus(
                            after.get().value() == null ? 0 : after.get().value(), ChronoUnit.MICROS)
                    : descending ? LATEST : EARLIEST;
            long key = byTime && after.isPresent() ? after.get().runPk() : descending ? Long.MAX_VALUE : 0;
            while (true) {
                @Nullable SearchedRow last;
                try (PreparedStatement select = connection.prepareStatement(query)) {
                    OffsetDateTime time = at.atOffset(ZoneOffset.UTC);
                    select.setString(1, criteria.owner().id());
                    select.setObject(2, time);
                    select.setObject(3, time);
                    select.setLong(4, key);
                    last = read(select);
                }
                // They may be millions.
                seen.clear();
                if (last == null || byTime && found.size() >= limit) {
                    return;
                }
                at = last.createdAt();
                key = last.runPk();
            }
        }

        /** The last of the rows; null if there are none. */
        private @Nullable SearchedRow read(PreparedStatement select) throws SQLException {
            @Nullable SearchedRow last = null;
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    last = look(row);
                }
            }
            lookAtLongTexts();
            return last;
        }

        private SearchedRow look(ResultSet row) throws SQLException {
            SearchedRow looked = SearchedRow.of(row, criteria);
            seen.add(looked.runPk());
            if (!looked.hasLongTexts()) {
                keepIfAskedFor(looked);
            } else if (looked.mayBeAskedFor()) {
                withLongTexts.add(looked);
            }
            return looked;
        }

        /** One after the other: each may take some megabytes. */
        private void lookAtLongTexts() throws SQLException {
            if (withLongTexts.isEmpty()) {
                return;
            }
            try (PreparedStatement select = connection.prepareStatement(SearchedRow.longTexts(criteria, order))) {
                for (SearchedRow each : withLongTexts) {
                    select.setLong(1, each.runPk());
                    try (ResultSet row = select.executeQuery()) {
                        if (row.next()) {
                            each.takeLongTexts(row);
                            keepIfAskedFor(each);
                        }
                    }
                }
            }
            withLongTexts.clear();
        }

        private void keepIfAskedFor(SearchedRow row) {
            if (row.isAskedFor()) {
                keep(row.place(order));
            }
        }

        private void keep(Place place) {
            if (after.isEmpty() || order.comparator().compare(place, after.get()) > 0) {
                found.add(place);
                if (found.size() > limit) {
                    found.pollLast();
                }
            }
        }
    }
}
