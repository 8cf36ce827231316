package io.runtape.cluster;

import io.runtape.journal.sql.NodeFence;
import io.runtape.store.Engine;
import io.runtape.store.Transaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * The gateways that share the database: how each shows that it lives, and how a dead one is closed. A gateway's beat
 * has a row of its own that no commit locks, and that row alone decides whether the gateway lives. Confined to one
 * thread, over the caller's connection in auto-commit mode.
 */
public final class Nodes {

    private static final Logger LOG = Logger.getLogger(Nodes.class);

    private final Connection connection;
    private final Engine engine;

    public Nodes(Connection connection, Engine engine) {
        this.connection = connection;
        this.engine = engine;
    }

    /** Shows that the node lives; false if another gateway has marked it dead, so that it can write no more. */
    public boolean beat(long nodeId) throws SQLException {
        return update("update heartbeat set beat = beat + 1 where node_id = ? and not dead", nodeId) == 1;
    }

    /** Another gateway, as its beat stands; a dead one still has runs to close. */
    public record Other(long nodeId, long beat, boolean dead) {}

    /** All nodes except this one, by their ids. */
    public Map<Long, Other> others(long nodeId) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("""
                select n.node_id, h.beat, h.dead from node n
                join heartbeat h on h.node_id = n.node_id where n.node_id <> ?""")) {
            select.setLong(1, nodeId);
            try (ResultSet row = select.executeQuery()) {
                Map<Long, Other> others = new HashMap<>();
                while (row.next()) {
                    others.put(row.getLong(1), new Other(row.getLong(1), row.getLong(2), row.getBoolean(3)));
                }
                return others;
            }
        }
    }

    /**
     * Closes a node whose beat has not moved since the look. First it marks the beat dead, for all gateways and for the
     * node itself. Then it closes the node, so that it can write no more, then its runs as {@code gateway_lost}, each
     * once however many gateways do so, and then it deletes the node's rows. Nothing happens if the node has moved or
     * is gone: the deciding statement checks the beat once more, before the session of a healthy gateway that only
     * waits could be ended.
     */
    public void close(Other lost) throws SQLException {
        if (!takeForDead(lost)) {
            return;
        }
        long nodeId = lost.nodeId();
        NodeFence.endSessions(connection, engine, nodeId);
        update("update node set closed = true, epoch = epoch + 1 where node_id = ?", nodeId);
        int runs = new LostRuns(connection, engine).close(nodeId);
        Transaction.in(connection, () -> {
            update("delete from node where node_id = ? and closed", nodeId);
            return update("delete from heartbeat where node_id = ?", nodeId);
        });
        if (runs > 0) {
            LOG.warnf("%d runs of a dead gateway were closed as gateway_lost", runs);
        }
    }

    /** Marks it dead if it is: either this statement or its next beat comes first, and the other one finds that. */
    private boolean takeForDead(Other lost) throws SQLException {
        try (PreparedStatement decide = connection.prepareStatement(
                "update heartbeat set dead = true where node_id = ? and (dead or beat = ?)")) {
            decide.setLong(1, lost.nodeId());
            decide.setLong(2, lost.beat());
            return decide.executeUpdate() == 1;
        }
    }

    /** Marks the end of this node: others need not wait for the end of its lease. */
    public void leave(long nodeId) throws SQLException {
        update("update heartbeat set dead = true where node_id = ?", nodeId);
    }

    private int update(String sql, long nodeId) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setLong(1, nodeId);
            return update.executeUpdate();
        }
    }
}
