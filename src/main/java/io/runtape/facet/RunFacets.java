package io.runtape.facet;

import io.runtape.access.Owner;
import io.runtape.facet.Trait.Kind;
import io.runtape.indexing.EndedRun;
import io.runtape.indexing.RunIndex;
import io.runtape.run.Run;
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
import java.util.Optional;

/**
 * Writes the rows by which ended runs are found, and has segments made of them. Plain SQL: one run has dozens of small rows, which
 * go in one batch. Blocks; safe for any thread.
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

    private final Store store;

    /** The owners that are gone over are those before this one. */
    private long nextOwner = Long.MIN_VALUE;

    /** Whether all are; each owner's runs come into segments as they are indexed. */
    private boolean goneOver;

    private long goneOverAt;

    RunFacets(Store store) {
        this.store = store;
    }

    /** Microseconds since 1970, as the rows have times. */
    static long micros(Instant time) {
        // Not by the difference of two times: its nanoseconds overflow for far ones.
        return Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000L), time.getNano() / 1000);
    }

    @Override
    public void add(Connection connection, EndedRun ended) throws SQLException {
        Run run = ended.row();
        remove(connection, run.runPk);
        Instant completedAt = run.completedAt;
        if (completedAt == null) {
            return;
        }
        Owner owner = new Owner(run.owner);
        RunTraits traits = new RunTraits(owner)
                .with(Kind.THREAD, run.threadId)
                .with(Kind.STATUS, run.status)
                .with(Kind.AGENT, run.agent)
                .with(Kind.MODEL, run.model)
                .with(Kind.UPSTREAM, run.upstream)
                .withError(run.error)
                .withMetadata(run.metadata);
        CalledTools.of(ended).forEach(tool -> traits.with(Kind.TOOL, tool));
        try (PreparedStatement insert = connection.prepareStatement(INSERT_FACET)) {
            for (long key : traits.keysAndPairs()) {
                insert.setLong(1, key);
                insert.setLong(2, micros(run.createdAt));
                insert.setLong(3, run.runPk);
                insert.addBatch();
            }
            insert.executeBatch();
        }
        try (PreparedStatement insert = connection.prepareStatement(INSERT_FACT)) {
            insert.setLong(1, run.runPk);
            insert.setLong(2, Trait.ofOwner(owner));
            insert.setLong(3, micros(run.createdAt));
            insert.setLong(4, micros(completedAt));
            insert.setLong(5, Duration.between(run.createdAt, completedAt).toMillis());
            insert.setObject(6, Tokens.of(run.usage).total(), Types.BIGINT);
            insert.executeUpdate();
        }
        int outside = TraitSegments.outside(connection, Trait.ofOwner(owner));
        // More have come from an earlier version: those are not to hold up this run.
        if (outside >= TraitSegments.RUNS_MIN && outside < 2 * TraitSegments.RUNS_MIN) {
            TraitSegments.add(connection, run.owner, Trait.ofOwner(owner), TraitSegments.RUNS_MIN);
        }
    }

    /** Goes over all owners, and brings runs into segments that earlier versions have indexed; an hour later again. */
    @Override
    public synchronized boolean tidy(Connection connection) throws SQLException {
        if (goneOver && System.nanoTime() - goneOverAt > GO_OVER_EVERY.toNanos()) {
            goneOver = false;
            nextOwner = Long.MIN_VALUE;
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
        if (TraitSegments.outside(connection, of.ownerKey) < TraitSegments.RUNS_MIN) {
            return false;
        }
        try (PreparedStatement select = connection.prepareStatement("select owner from run where run_pk = ?")) {
            select.setLong(1, of.runPk);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return false;
                }
                String owner = row.getString(1);
                return Transaction.losable(
                        connection,
                        store.engine(),
                        () -> TraitSegments.add(connection, owner, of.ownerKey, TraitSegments.RUNS_MAX));
            }
        }
    }

    @Override
    public void remove(Connection connection, long runPk) throws SQLException {
        if (delete(connection, "delete from run_fact where run_pk = ?", runPk) > 0) {
            delete(connection, "delete from run_facet where run_pk = ?", runPk);
        }
    }

    private static int delete(Connection connection, String sql, long runPk) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(sql)) {
            delete.setLong(1, runPk);
            return delete.executeUpdate();
        }
    }
}
