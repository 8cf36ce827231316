package io.runtape.facet;

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
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import javax.sql.DataSource;

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
            IndexedRuns search = new IndexedRuns(connection, ofIndex, order, unindexed);
            IndexPlan plan = search.plan();
            SegmentFinder ofSegments = new SegmentFinder(segments, connection, ofIndex, order);
            Optional<List<Place>> quickly = Optional.empty();
            if (plan.isLong(ofIndex, order)) {
                quickly = search.findNear(plan, after.orElse(null), limit);
                if (quickly.isEmpty()) {
                    quickly = ofSegments.find(after.orElse(null), limit, search::among);
                }
            }
            found.addAll(
                    quickly.isPresent() ? quickly.get() : search.find(plan, ofSegments, after.orElse(null), limit));
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
            return new IndexedRuns(connection, criteria, RunOrder.NEWEST, UnindexedRuns.NONE).areMoreThan(count);
        }
    }

    /** Those of some runs that meet all criteria, the newest first. To be called in a transaction. */
    public List<Place> among(RunCriteria criteria, Collection<Long> keys) throws SQLException {
        if (keys.isEmpty()) {
            return List.of();
        }
        try (Connection connection = database.getConnection()) {
            planForFewRows(connection);
            TreeSet<Place> found = new TreeSet<>(RunOrder.NEWEST.comparator());
            found.addAll(new IndexedRuns(connection, criteria, RunOrder.NEWEST, UnindexedRuns.UNKNOWN).among(keys));
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
        if (!criteria.haveTerms()) {
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
            IndexedRuns search = new IndexedRuns(connection, criteria, RunOrder.NEWEST, UnindexedRuns.NONE);
            return new SegmentFinder(segments, connection, criteria, RunOrder.NEWEST)
                    .candidates(range, all, search::among);
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
}
