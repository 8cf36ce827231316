package io.runtape.journal.sql;

import io.runtape.run.RunKey;
import io.runtape.store.Engine;
import io.runtape.store.Store;
import io.runtape.store.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches over this node's only writing connection. When {@link #write} returns, the batch is durable. Confined
 * to one thread at a time. It does not mend a broken connection: {@link #successor} opens another one.
 */
public final class StoreWriter implements BatchWriter {

    private static final Logger LOG = Logger.getLogger(StoreWriter.class);

    /**
     * How long a statement may take before its connection counts as lost and the committer tries a new one: well within
     * the time that live runs wait for the database, so that they survive a host that vanished.
     */
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(15);

    private final Store store;
    private final Connection connection;
    private final NodeFence fence;
    private final RunClaims claims;
    private final RunRows rows;
    private final FrameWriter frames;

    private StoreWriter(Store store, RunClaims claims, Connection connection, NodeFence fence) throws SQLException {
        this.store = store;
        this.connection = connection;
        this.fence = fence;
        this.claims = claims;
        this.rows = RunRows.of(store.engine(), connection);
        this.frames =
                store.engine() == Engine.POSTGRESQL ? new PostgresFrames(connection, fence) : new H2Frames(connection);
    }

    /**
     * Registers a new node for this start, and opens its connection.
     *
     * @param claims claims what a run needs before its row is written
     * @throws SQLException if the database does not answer, or refuses
     */
    public static StoreWriter open(Store store, RunClaims claims) throws SQLException {
        return open(store, claims, null);
    }

    @Override
    public StoreWriter successor() throws SQLException {
        store.requireRoom();
        return open(store, claims, fence);
    }

    private static StoreWriter open(Store store, RunClaims claims, @Nullable NodeFence known) throws SQLException {
        Connection connection = store.connectToWrite(ANSWER_WITHIN);
        try {
            Engine engine = store.engine();
            NodeFence fence =
                    known == null ? NodeFence.register(connection, engine) : known.renewed(connection, engine);
            if (known == null && engine == Engine.POSTGRESQL) {
                BlockPartitions.makeFirst(connection, fence.nodeId());
            }
            return new StoreWriter(store, claims, connection, fence);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** The id of its node. */
    public long nodeId() {
        return fence.nodeId();
    }

    @Override
    public void write(CommitBatch batch) throws SQLException {
        store.requireRoom();
        boolean written = batch.framesOnly() && frames.writesFenced(batch);
        if (!written) {
            Transaction.in(connection, () -> {
                writeAll(batch);
                return batch;
            });
        }
        store.makeDurable(connection);
    }

    @Override
    public void rehearse() throws SQLException {
        store.requireRoom();
        connection.setAutoCommit(false);
        try {
            for (CommitBatch batch : Rehearsal.ofNode(nodeId())) {
                writeAll(batch);
            }
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    private void writeAll(CommitBatch batch) throws SQLException {
        batch.keysTaken(claims.taken(connection, batch.writes()));
        List<RunRows.Start> starts = new ArrayList<>();
        List<RunRows.Head> heads = new ArrayList<>();
        List<RunRows.Name> names = new ArrayList<>();
        List<RunRows.End> ends = new ArrayList<>();
        for (RunWrite write : batch.writes()) {
            RunKey key = write.run();
            if (batch.isKeyTaken(key)) {
                continue;
            }
            if (write.start() != null) {
                starts.add(new RunRows.Start(key, write.start()));
            }
            if (write.head() != null) {
                heads.add(new RunRows.Head(key, write.head()));
            }
            if (write.upstreamRunId() != null) {
                names.add(new RunRows.Name(key, write.upstreamRunId()));
            }
            if (write.end() != null) {
                ends.add(new RunRows.End(key, write.end(), write.totals(), write.digest()));
            }
        }
        rows.hold(fence);
        rows.start(starts);
        rows.head(heads);
        rows.name(names);
        rows.end(ends);
        rows.send();
        if (batch.frames() > 0) {
            frames.write(batch);
        }
    }

    @Override
    public boolean holds(CommitBatch batch) throws SQLException {
        UnansweredBatch unanswered = new UnansweredBatch(connection, batch);
        if (!unanswered.isHeld()) {
            return false;
        }
        batch.keysTaken(unanswered.absentClaims());
        store.makeDurable(connection);
        return true;
    }

    @Override
    public void close() {
        try {
            store.closeWriting(connection);
        } catch (SQLException e) {
            LOG.debugf("closing the database connection failed: %s", e.getMessage());
        }
    }
}
