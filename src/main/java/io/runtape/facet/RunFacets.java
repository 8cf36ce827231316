package io.runtape.facet;

import io.runtape.access.Owner;
import io.runtape.facet.Trait.Kind;
import io.runtape.indexing.EndedRun;
import io.runtape.indexing.RunIndex;
import io.runtape.run.Run;
import io.runtape.segment.Columns;
import io.runtape.segment.SegmentKind;
import io.runtape.store.EpochMicros;
import io.runtape.store.Failing;
import io.runtape.store.SqlFault;
import io.runtape.store.Store;
import io.runtape.store.Transaction;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jboss.logging.Logger;

/**
 * Writes the rows by which ended runs are found, and has segments made of them. Plain SQL: runs have dozens of small rows each,
 * which go in one batch. Blocks; safe for any thread.
 */
@Singleton
final class RunFacets implements RunIndex {

    static final String INSERT_FACET = "insert into run_facet (facet, created_us, run_pk) values (?, ?, ?)";

    private static final String INSERT_FACT = """
            insert into run_fact (run_pk, owner_key, created_us, completed_us, duration_ms, total_tokens)
            values (?, ?, ?, ?, ?, ?)""";

    static final String NEXT = """
            select owner_key, run_pk from run_fact where in_segment = false and owner_key >= ?
            order by in_segment, owner_key limit 1""";

    /** Owners of one look for runs that are in no segment. */
    private static final int OWNERS_AT_ONCE = 50;

    /** A gateway of an earlier version may have indexed runs meanwhile. */
    private static final Duration GO_OVER_EVERY = Duration.ofHours(1);

    private static final Logger LOG = Logger.getLogger(RunFacets.class);

    private final Store store;

    /** Owners at whose segments the database has failed, or which cannot be read. */
    private final Failing<Long> failing = new Failing<>();

    /** The segments that are gone over are those up to this one. */
    private long lastSegment = Long.MIN_VALUE;

    /** The next ones that lack columns: an earlier version has written them. */
    private final Deque<Long> lacking = new ArrayDeque<>();

    /** Whether all have columns. */
    private boolean columnsAdded;

    /** The owners that are gone over are those before this one. */
    private long nextOwner = Long.MIN_VALUE;

    /** Whether all are; each owner's runs come into segments as they are indexed. */
    private boolean goneOver;

    private long goneOverAt;

    /** Whether an owner was met with many runs that are in no segment. */
    private volatile boolean moreOutside;

    RunFacets(Store store) {
        this.store = store;
    }

    @Override
    public Addition prepare(List<EndedRun> runs) {
        return this::add;
    }

    private void add(Connection connection, List<EndedRun> runs) throws SQLException {
        remove(connection, EndedRun.keys(runs));
        Set<String> owners = new TreeSet<>();
        try (PreparedStatement facets = connection.prepareStatement(INSERT_FACET);
                PreparedStatement facts = connection.prepareStatement(INSERT_FACT)) {
            for (EndedRun each : runs) {
                Run run = each.row();
                Instant completedAt = run.completedAt;
                if (completedAt != null) {
                    owners.add(run.owner);
                    insert(facets, each);
                    insert(facts, run, completedAt);
                }
            }
            facets.executeBatch();
            facts.executeBatch();
        }
        for (String owner : owners) {
            long ownerKey = Trait.ofOwner(new Owner(owner));
            int outside = failing.isPassedOver(ownerKey) ? 0 : TraitSegments.outside(connection, ownerKey);
            if (outside >= 2 * TraitSegments.RUNS_MIN) {
                // An earlier version has left them, or another gateway had some locked. They are not to hold up these.
                moreOutside = true;
            } else if (outside >= TraitSegments.RUNS_MIN) {
                addSegmentIfItCanBe(connection, owner, ownerKey);
            }
        }
    }

    /** Runs that cannot be brought into a segment keep their rows, by which they are found. */
    private void addSegmentIfItCanBe(Connection connection, String owner, long ownerKey) throws SQLException {
        try {
            Transaction.partly(
                    connection, () -> TraitSegments.add(connection, owner, ownerKey, TraitSegments.RUNS_MIN));
            failing.succeeded(ownerKey);
        } catch (SQLException | RuntimeException e) {
            if (!Failing.isOfTheKey(e, store)) {
                throw e;
            }
            leaveOut(owner, ownerKey, e);
        }
    }

    private static void insert(PreparedStatement facets, EndedRun ended) throws SQLException {
        Run run = ended.row();
        RunTraits traits = new RunTraits(new Owner(run.owner))
                .with(Kind.THREAD, run.threadId)
                .with(Kind.STATUS, run.status)
                .with(Kind.AGENT, run.agent)
                .with(Kind.MODEL, run.model)
                .with(Kind.UPSTREAM, run.upstream)
                .withError(run.error)
                .withMetadata(run.metadata);
        CalledTools.of(ended).forEach(tool -> traits.with(Kind.TOOL, tool));
        for (long key : traits.keysAndPairs()) {
            facets.setLong(1, key);
            facets.setLong(2, EpochMicros.of(run.createdAt));
            facets.setLong(3, run.runPk);
            facets.addBatch();
        }
    }

    private static void insert(PreparedStatement facts, Run run, Instant completedAt) throws SQLException {
        facts.setLong(1, run.runPk);
        facts.setLong(2, Trait.ofOwner(new Owner(run.owner)));
        facts.setLong(3, EpochMicros.of(run.createdAt));
        facts.setLong(4, EpochMicros.of(completedAt));
        facts.setLong(5, Duration.between(run.createdAt, completedAt).toMillis());
        facts.setObject(6, Tokens.of(run.usage).total(), Types.BIGINT);
        facts.addBatch();
    }

    /**
     * Goes over all segments, and adds columns to those of an earlier version; then over all owners, and brings runs into segments that are in
     * none; an hour later again, or when it has met many.
     */
    @Override
    public synchronized boolean tidy(Connection connection) throws SQLException {
        if (goneOver && (moreOutside || System.nanoTime() - goneOverAt > GO_OVER_EVERY.toNanos())) {
            goneOver = false;
            moreOutside = false;
            nextOwner = Long.MIN_VALUE;
            columnsAdded = false;
            lastSegment = Long.MIN_VALUE;
        }
        if (!columnsAdded) {
            addColumns(connection);
            return true;
        }
        for (int i = 0; i < OWNERS_AT_ONCE && !goneOver; i++) {
            Optional<OfOwner> next = next(connection);
            if (next.isPresent() && addSegment(connection, next.get())) {
                nextOwner = next.get().ownerKey;
                return true;
            }
            goneOver = next.isEmpty() || next.get().ownerKey == Long.MAX_VALUE;
            goneOverAt = System.nanoTime();
            nextOwner = goneOver ? nextOwner : next.get().ownerKey + 1;
        }
        return !goneOver;
    }

    /** Adds columns to the next segment that lacks them; after the last, deletes those of segments that are gone. */
    private void addColumns(Connection connection) throws SQLException {
        if (lacking.isEmpty()) {
            lacking.addAll(Columns.lacking(connection, SegmentKind.TRAITS, lastSegment));
        }
        columnsAdded = lacking.isEmpty();
        if (columnsAdded) {
            Columns.deleteLeft(connection, SegmentKind.TRAITS);
            return;
        }
        // First: one that cannot be read is not to hold up the others.
        lastSegment = lacking.remove();
        Transaction.<Boolean>losable(connection, store.engine(), () -> {
            TraitSegments.addColumns(connection, lastSegment);
            return true;
        });
    }

    /** A run of an owner that is in no segment. */
    private record OfOwner(long ownerKey, long runPk) {}

    private Optional<OfOwner> next(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(NEXT)) {
            select.setLong(1, nextOwner);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? Optional.of(new OfOwner(row.getLong(1), row.getLong(2))) : Optional.empty();
            }
        }
    }

    private boolean addSegment(Connection connection, OfOwner of) throws SQLException {
        if (failing.isPassedOver(of.ownerKey)
                || TraitSegments.outside(connection, of.ownerKey) < TraitSegments.RUNS_MIN) {
            return false;
        }
        try (PreparedStatement select = connection.prepareStatement("select owner from run where run_pk = ?")) {
            select.setLong(1, of.runPk);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return false;
                }
                return addSegment(connection, row.getString(1), of.ownerKey);
            }
        }
    }

    /** Owners whose segments cannot be read or written are not to hold up the others. */
    private boolean addSegment(Connection connection, String owner, long ownerKey) throws SQLException {
        try {
            boolean added = Transaction.losable(
                    connection,
                    store.engine(),
                    () -> TraitSegments.add(connection, owner, ownerKey, TraitSegments.RUNS_MAX));
            failing.succeeded(ownerKey);
            return added;
        } catch (SQLException | RuntimeException e) {
            if (!Failing.isOfTheKey(e, store) || !leaveOut(owner, ownerKey, e)) {
                // It is tried again.
                throw e;
            }
            return false;
        }
    }

    /** Returns whether the owner's segments rest, since they failed before. */
    private boolean leaveOut(String owner, long ownerKey, Exception why) {
        if (!failing.failsAgain(ownerKey)) {
            return false;
        }
        LOG.errorf(
                "traits of runs of owner %s cannot be brought into its index, which rests for an hour: %s",
                owner, SqlFault.named(why));
        LOG.debug("they cannot be brought into it", why);
        return true;
    }

    @Override
    public void remove(Connection connection, long runPk) throws SQLException {
        remove(connection, List.of(runPk));
    }

    private static void remove(Connection connection, List<Long> runs) throws SQLException {
        if (delete(connection, "delete from run_fact where run_pk = any(?)", runs) > 0) {
            delete(connection, "delete from run_facet where run_pk = any(?)", runs);
        }
    }

    private static int delete(Connection connection, String sql, List<Long> runs) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(sql)) {
            delete.setArray(1, connection.createArrayOf("bigint", runs.toArray()));
            return delete.executeUpdate();
        }
    }
}
