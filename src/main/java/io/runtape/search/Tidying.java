package io.runtape.search;

import io.runtape.segment.SegmentKind;
import io.runtape.segment.SegmentMerge;
import io.runtape.store.Engine;
import io.runtape.store.Transaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes runs of one owner that were deleted out of its segments of all kinds, each segment in a transaction of its own:
 * others index and are searched meanwhile. The walk begins anew over another connection: with the one before, the server may have
 * lost the last commits, which do not wait for the disk. Plain SQL: it locks rows of segments. Blocks; confined to one thread.
 */
final class Tidying {

    /** Whatever the number of his rows. */
    static final String NEXT_OWNER =
            "select owner, removed_at from search_removal where owner > ? order by owner, removed_at limit 1";

    /** The first ones: an owner may delete millions at once. The next walk has those that are left. */
    static final String REMOVED =
            "select run_pk from search_removal where owner = ? and removed_at <= ? order by owner, removed_at limit ?";

    /** Runs that are taken out together: some megabytes of keys. */
    static final int RUNS_AT_ONCE = 50_000;

    private final String owner;
    private final Set<Long> gone;

    /** The kinds whose segments are left, the one first whose segments are looked at. */
    private final Deque<SegmentKind> kinds = new ArrayDeque<>(List.of(SegmentKind.values()));

    private long after = Long.MIN_VALUE;

    /** The one over which the walk began. */
    private Connection walked;

    private Tidying(Connection connection, String owner, Set<Long> gone) {
        this.walked = connection;
        this.owner = owner;
        this.gone = gone;
    }

    /**
     * Begins with the next owner of whom a run was deleted by then, in the order of their names and in turns; null if there is none.
     *
     * @param resting owners that are left out: they are few, since the segments of each are damaged
     * @param last the owner whose turn it was before; empty if it was nobody's
     */
    static @Nullable Tidying of(Connection connection, Instant until, Set<String> resting, String last)
            throws SQLException {
        Optional<String> owner = owner(connection, until, resting, last);
        if (owner.isEmpty() && !last.isEmpty()) {
            owner = owner(connection, until, resting, "");
        }
        return owner.isEmpty() ? null : new Tidying(connection, owner.get(), removed(connection, owner.get(), until));
    }

    String owner() {
        return owner;
    }

    /** Takes them out of the next segment; returns false when all is done. */
    boolean next(Connection connection, Engine engine) throws SQLException {
        if (connection != walked) {
            walked = connection;
            kinds.clear();
            kinds.addAll(List.of(SegmentKind.values()));
            after = Long.MIN_VALUE;
        }
        @Nullable SegmentKind kind = kinds.peek();
        if (kind == null) {
            // Of one life of the server, its log keeps this commit only with those before it. A pooler may lead one
            // connection to
            // the server's next life, so what was taken out is durable before.
            Transaction.losable(connection, engine, () -> forget(connection));
            return false;
        }
        OptionalLong segment =
                Transaction.in(connection, () -> SegmentMerge.takeOut(connection, owner, kind, gone, after));
        if (segment.isPresent()) {
            after = segment.getAsLong();
        } else {
            kinds.remove();
            after = Long.MIN_VALUE;
        }
        return true;
    }

    /** By their keys: others of that time may have become visible meanwhile. */
    private int forget(Connection connection) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("delete from search_removal where run_pk = ?")) {
            for (long runPk : gone) {
                delete.setLong(1, runPk);
                delete.addBatch();
            }
            return delete.executeBatch().length;
        }
    }

    /** Passes over those of whom all were deleted later: they are as many as delete something within some seconds. */
    private static Optional<String> owner(Connection connection, Instant until, Set<String> resting, String behind)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(NEXT_OWNER)) {
            String before = behind;
            while (true) {
                select.setString(1, before);
                try (ResultSet row = select.executeQuery()) {
                    if (!row.next()) {
                        return Optional.empty();
                    }
                    String owner = row.getString(1);
                    Instant removedAt = row.getObject(2, OffsetDateTime.class).toInstant();
                    if (!removedAt.isAfter(until) && !resting.contains(owner)) {
                        return Optional.of(owner);
                    }
                    before = owner;
                }
            }
        }
    }

    private static Set<Long> removed(Connection connection, String owner, Instant until) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(REMOVED)) {
            select.setString(1, owner);
            select.setObject(2, until.atOffset(ZoneOffset.UTC));
            select.setInt(3, RUNS_AT_ONCE);
            try (ResultSet row = select.executeQuery()) {
                Set<Long> removed = new HashSet<>();
                while (row.next()) {
                    removed.add(row.getLong(1));
                }
                return removed;
            }
        }
    }
}
