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
 * The gateways that share the database: how each shows that it lives, and how one that does not is closed. A gateway's beat has
 * a row of its own, for which no commit is ever waited: all that is decided about life and death is decided there.
 * Confined to one thread, over a connection of the caller's in auto-commit mode.
 */
public final class Nodes {

    private static final Logger LOG = Logger.getLogger(Nodes.class);

    private final Connection connection;
    private final Engine engine;

    public Nodes(Connection connection, Engine engine) {
        this.connection = connection;
        this.engine = engine;
    }

    /** Shows that the node lives; false where another gateway has taken it for dead, and it can write no more. */
    public boolean beat(long nodeId) throws SQLException {
        return update("update heartbeat set beat = beat + 1 where node_id = ? and not dead", nodeId) == 1;
    }

    /** Another gateway, as its beat stands; a dead one still has runs to close. */
    public record Other(long nodeId, long beat, boolean dead) {}

    /** All but this one, by their ids. */
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
     * Closes a node that has not moved since it was looked at: first its beat, so that it is dead for everybody and for itself,
     * then the node, so that it can write no more, then its runs, as {@code gateway_lost}, each once however many gateways do it,
     * and then its rows go. Nothing happens where the node has moved or is gone: it is asked once more, in the statement that
     * decides it, before any session of a gateway is ended that may be well and only wait.
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
            LOG.warnf("%d runs of a gateway that died were closed as gateway_lost", runs);
        }
    }

    /** Whether it is dead: one of this statement and its next beat comes first, and the other one then finds that. */
    private boolean takeForDead(Other lost) throws SQLException {
        try (PreparedStatement decide = connection.prepareStatement(
                "update heartbeat set dead = true where node_id = ? and (dead or beat = ?)")) {
            decide.setLong(1, lost.nodeId());
            decide.setLong(2, lost.beat());
            return decide.executeUpdate() == 1;
        }
    }

    /** This node writes no more: others need not wait for its lease to be over. */
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
