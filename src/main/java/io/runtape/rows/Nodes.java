package io.runtape.rows;

import io.runtape.model.Engine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * The rows of the gateways that share the database: how each shows that it lives, and how one that does not is closed.
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

    /** Shows that the node lives; false where another gateway has closed it, and it can write no more. */
    public boolean beat(long nodeId) throws SQLException {
        try (PreparedStatement beat =
                connection.prepareStatement("update node set beat = beat + 1 where node_id = ? and not closed")) {
            beat.setLong(1, nodeId);
            return beat.executeUpdate() == 1;
        }
    }

    /** Another gateway, as its row stands; a closed one still has runs to close. */
    public record Other(long nodeId, long beat, boolean closed) {}

    /** All but this one, by their ids. */
    public Map<Long, Other> others(long nodeId) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("select node_id, beat, closed from node where node_id <> ?")) {
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
     * Closes a node that has not moved since it was looked at: first the node, so that it can write no more, then its runs, as
     * {@code gateway_lost}, each once however many gateways do it, and then its row goes.
     * Nothing happens where the node has moved or is gone.
     */
    public void close(Other dead) throws SQLException {
        NodeFence.endSessions(connection, engine, dead.nodeId());
        try (PreparedStatement close = connection.prepareStatement(
                "update node set closed = true, epoch = epoch + 1 where node_id = ? and (closed or beat = ?)")) {
            close.setLong(1, dead.nodeId());
            close.setLong(2, dead.beat());
            if (close.executeUpdate() == 0) {
                return;
            }
        }
        int runs = new LostRuns(connection, engine).close(dead.nodeId());
        try (PreparedStatement forget = connection.prepareStatement("delete from node where node_id = ? and closed")) {
            forget.setLong(1, dead.nodeId());
            forget.executeUpdate();
        }
        if (runs > 0) {
            LOG.warnf("%d runs of a gateway that died were closed as gateway_lost", runs);
        }
    }

    /** This node writes no more: others need not wait for its lease to be over. */
    public void leave(long nodeId) throws SQLException {
        try (PreparedStatement close = connection.prepareStatement("update node set closed = true where node_id = ?")) {
            close.setLong(1, nodeId);
            close.executeUpdate();
        }
    }
}
