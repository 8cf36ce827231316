package io.runtape.journal;

import io.runtape.model.Engine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/**
 * This gateway's row among the nodes, checked by every commit: whoever closes a node's runs raises its epoch first, and then
 * nothing more can be written in its name, however long it slept in between.
 *
 * @param nodeId leads the keys of the node's runs
 * @param epoch the epoch that the node began with
 */
record NodeFence(long nodeId, long epoch) {

    /** SQLSTATE of a commit that found its node fenced off; of a class that is ours. */
    static final String FENCED_OFF = "RT001";

    private static final String CHECK = "select 1 from node where node_id = ? and epoch = ?";

    /** Registers a node of its own for this start. */
    static NodeFence register(Connection connection) throws SQLException {
        long id;
        try (PreparedStatement next = connection.prepareStatement("select nextval('node_id_sequence')");
                ResultSet row = next.executeQuery()) {
            row.next();
            id = row.getLong(1);
        }
        NodeFence fence = new NodeFence(id, 1);
        try (PreparedStatement insert =
                connection.prepareStatement("insert into node (node_id, epoch, started_at) values (?, ?, ?)")) {
            insert.setLong(1, fence.nodeId);
            insert.setLong(2, fence.epoch);
            insert.setObject(3, OffsetDateTime.now(ZoneOffset.UTC));
            insert.executeUpdate();
        }
        return fence;
    }

    /** The query that holds the node's row until the end of the transaction; its parameters are node and epoch. */
    static String query(Engine engine) {
        // On H2 no other process can be there, and it knows no shared lock of a row.
        return engine == Engine.POSTGRESQL ? CHECK + " for share" : CHECK;
    }

    /**
     * Holds the row until the end of the transaction.
     *
     * @throws SQLException {@link #FENCED_OFF} where the node may write no more
     */
    void hold(PreparedStatement check) throws SQLException {
        check.setLong(1, nodeId);
        check.setLong(2, epoch);
        try (ResultSet row = check.executeQuery()) {
            if (!row.next()) {
                throw fencedOff();
            }
        }
    }

    static SQLException fencedOff() {
        return new SQLException("another gateway has taken over the runs of this one", FENCED_OFF);
    }
}
