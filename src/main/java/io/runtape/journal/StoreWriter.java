package io.runtape.journal;

import io.runtape.model.Engine;
import io.runtape.model.Store;
import io.runtape.model.Transaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches over the one connection of this node that may. What {@link #write} returns from is durable. Confined to the committer's
 * thread.
 */
final class StoreWriter implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(StoreWriter.class);

    /**
     * How long a statement may take before its connection counts as lost and a new one is tried: well within the time that
     * live runs wait for the database, so that a host which vanished costs them one failover and not their lives.
     */
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(15);

    private final Store store;
    private final Connection connection;
    private final NodeFence fence;
    private final KeyRows keys;
    private final RunRows rows;
    private final FrameWriter frames;

    private StoreWriter(Store store, Connection connection, NodeFence fence) throws SQLException {
        this.store = store;
        this.connection = connection;
        this.fence = fence;
        this.keys = new KeyRows(connection);
        this.rows = RunRows.of(store.engine(), connection);
        this.frames =
                store.engine() == Engine.POSTGRESQL ? new PostgresFrames(connection, fence) : new H2Frames(connection);
    }

    /**
     * Opens a connection to write over. When it returns, what was sent over an earlier one of this node is committed or never
     * will be.
     *
     * @param known this node's last fence; null registers a new node
     * @throws SQLException {@link NodeFence#CLOSED} where this node may write no more
     */
    static StoreWriter open(Store store, @Nullable NodeFence known) throws SQLException {
        Connection connection = store.connectToWrite();
        try {
            if (store.engine() == Engine.POSTGRESQL) {
                // A host that vanishes sends nothing, so a statement would wait for ever.
                connection.setNetworkTimeout(Runnable::run, (int) ANSWER_WITHIN.toMillis());
            }
            Engine engine = store.engine();
            return new StoreWriter(
                    store,
                    connection,
                    known == null ? NodeFence.register(connection, engine) : known.renewed(connection, engine));
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    NodeFence fence() {
        return fence;
    }

    Connection connection() {
        return connection;
    }

    /** Writes all of the batch or nothing; when it returns the batch is durable. */
    void write(CommitBatch batch) throws SQLException {
        boolean written = batch.framesOnly() && frames.writesFenced(batch);
        if (!written) {
            Transaction.in(connection, () -> {
                writeAll(batch);
                return batch;
            });
        }
        store.makeDurable(connection);
    }

    private void writeAll(CommitBatch batch) throws SQLException {
        batch.keysTaken(keys.claim(batch.writes()));
        List<RunRows.Start> starts = new ArrayList<>();
        List<RunRows.Head> heads = new ArrayList<>();
        List<RunRows.End> ends = new ArrayList<>();
        for (RunWrite write : batch.writes()) {
            RunKey key = write.run().key();
            if (batch.isKeyTaken(write.run())) {
                continue;
            }
            if (write.start() != null) {
                starts.add(new RunRows.Start(key, write.start()));
            }
            if (write.head() != null) {
                heads.add(new RunRows.Head(key, write.head()));
            }
            if (write.end() != null) {
                ends.add(new RunRows.End(key, write.end(), write.totals()));
            }
        }
        rows.hold(fence);
        rows.start(starts);
        rows.head(heads);
        rows.end(ends);
        rows.send();
        if (batch.frames() > 0) {
            frames.write(batch);
        }
    }

    /**
     * Whether the tables hold the batch: all of it, since it was written as one. Asked on a new connection after one broke
     * in mid-commit.
     */
    boolean holds(CommitBatch batch) throws SQLException {
        for (RunWrite write : batch.writes()) {
            if (holds(write)) {
                batch.keysTaken(absentClaims(batch));
                store.makeDurable(connection);
                return true;
            }
            if (!write.claimsKey()) {
                return false;
            }
            // A run that is not there may have found its key taken: that proves nothing. Where no other write does,
            // there
            // was nothing to commit, or nothing was, and either way it can be written again.
        }
        return false;
    }

    private Set<RunJournal> absentClaims(CommitBatch batch) throws SQLException {
        Set<RunJournal> absent = new HashSet<>();
        for (RunWrite write : batch.writes()) {
            if (write.claimsKey() && !holds(write)) {
                absent.add(write.run());
            }
        }
        return absent;
    }

    private boolean holds(RunWrite write) throws SQLException {
        long pk = write.run().pk();
        FrameBlock block = write.frames();
        if (block != null) {
            return exists("select 1 from frame where run_pk = ? and sequence = ?", pk, block.last());
        }
        if (write.end() != null) {
            return exists("select 1 from run where run_pk = ? and status <> 'running'", pk, null);
        }
        if (write.head() != null) {
            return exists("select 1 from run where run_pk = ? and thread_ordinal is not null", pk, null);
        }
        return exists("select 1 from run where run_pk = ?", pk, null);
    }

    private boolean exists(String query, long pk, @Nullable Long sequence) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(query)) {
            select.setLong(1, pk);
            if (sequence != null) {
                select.setLong(2, sequence);
            }
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debugf("the connection is gone: %s", e.getMessage());
        }
    }
}
