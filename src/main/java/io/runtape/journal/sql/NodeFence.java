package io.runtape.journal.sql;

import io.runtape.store.Engine;
import io.runtape.store.SqlFault;
import io.runtape.store.Transaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/**
 * This gateway's row in the table of nodes, which every commit checks. The gateway raises the epoch for each new
 * connection, so that nothing sent over an old one can commit any more. Another gateway that closes this one's runs
 * closes the node first; then this gateway can write nothing more, however long it was paused in between.
 *
 * @param nodeId the node's id, the high bits of its runs' keys
 * @param epoch the epoch of the connection
 */
public record NodeFence(long nodeId, long epoch) {

    /** SQLSTATE of a commit in a past epoch of an open node: a newer connection may go on. */
    private static final String EPOCH_OVER = "RT002";

    /**
     * Finds the node's row in its epoch. With {@code for share} it locks the row until the end of the transaction; H2
     * does not have that clause and does not need it, since no other process can use the file.
     */
    static final String CHECK = "select 1 from node where node_id = ? and epoch = ?";

    /**
     * The name of writing sessions at the server; the node's id follows. Nodes of another schema in the same database
     * may have the same ids.
     */
    private static final String SESSION = "'runtape-node-' || current_schema() || '-' || ?";

    /** Registers a new node for this start. */
    static NodeFence register(Connection connection, Engine engine) throws SQLException {
        long id;
        try (PreparedStatement next = connection.prepareStatement("select nextval('node_id_sequence')");
                ResultSet row = next.executeQuery()) {
            row.next();
            id = row.getLong(1);
        }
        NodeFence fence = new NodeFence(id, 1);
        try (PreparedStatement begin = connection.prepareStatement("insert into heartbeat (node_id) values (?)")) {
            begin.setLong(1, id);
            begin.executeUpdate();
        }
        try (PreparedStatement insert =
                connection.prepareStatement("insert into node (node_id, epoch, started_at) values (?, ?, ?)")) {
            insert.setLong(1, fence.nodeId);
            insert.setLong(2, fence.epoch);
            insert.setObject(3, OffsetDateTime.now(ZoneOffset.UTC));
            insert.executeUpdate();
        }
        nameSession(connection, engine, id);
        return fence;
    }

    /**
     * The fence of a new connection. When it returns, everything sent over an older connection is committed or never
     * will be: a transaction there either held the row that this method writes, or will find another epoch in it.
     *
     * @throws SQLException {@link SqlFault#NODE_CLOSED} if the node may write no more
     */
    NodeFence renewed(Connection connection, Engine engine) throws SQLException {
        nameSession(connection, engine, nodeId);
        endSessions(connection, engine, nodeId);
        return Transaction.in(connection, () -> raised(connection));
    }

    private NodeFence raised(Connection connection) throws SQLException {
        try (PreparedStatement raise = connection.prepareStatement(
                        "update node set epoch = epoch + 1 where node_id = ? and not closed");
                PreparedStatement select = connection.prepareStatement("select epoch from node where node_id = ?")) {
            raise.setLong(1, nodeId);
            if (raise.executeUpdate() == 0) {
                throw closed();
            }
            select.setLong(1, nodeId);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return new NodeFence(nodeId, row.getLong(1));
            }
        }
    }

    /** Names the session, so that a gateway which closes the node can see whose row the session may lock. */
    private static void nameSession(Connection connection, Engine engine, long nodeId) throws SQLException {
        if (engine == Engine.POSTGRESQL) {
            try (PreparedStatement set =
                    connection.prepareStatement("select set_config('application_name', " + SESSION + ", false)")) {
                set.setString(1, Long.toString(nodeId));
                set.executeQuery().close();
            }
        }
    }

    /**
     * Ends all other sessions that write in the node's name: a session whose gateway is paused, or whose connection
     * broke, could hold the node's row without end.
     */
    public static void endSessions(Connection connection, Engine engine, long nodeId) throws SQLException {
        if (engine == Engine.POSTGRESQL) {
            try (PreparedStatement end = connection.prepareStatement("""
                    select pg_terminate_backend(pid) from pg_stat_activity
                    where datname = current_database() and usename = current_user and pid <> pg_backend_pid()
                        and application_name =\s""" + SESSION)) {
                end.setString(1, Long.toString(nodeId));
                end.executeQuery().close();
            }
        }
    }

    /** Sets the parameters of {@link #CHECK}; returns the index behind them. */
    int bind(PreparedStatement check, int first) throws SQLException {
        check.setLong(first, nodeId);
        check.setLong(first + 1, epoch);
        return first + 2;
    }

    /**
     * Checks and closes the result of {@link #CHECK}.
     *
     * @throws SQLException if it is empty: the epoch is over
     */
    void require(ResultSet found) throws SQLException {
        try (found) {
            if (!found.next()) {
                throw epochOver();
            }
        }
    }

    /** The failure of a commit that found another epoch: the node is closed, or a newer connection writes. */
    static SQLException epochOver() {
        return new SQLException("the epoch of this connection is over", EPOCH_OVER);
    }

    private static SQLException closed() {
        return new SQLException("another gateway has taken over the runs of this one", SqlFault.NODE_CLOSED);
    }
}
