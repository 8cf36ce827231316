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
 * This gateway's row among the nodes, checked by every commit. The gateway itself raises the epoch for each new connection,
 * so that nothing which was sent over an old one can still be committed; whoever closes its runs closes the node first, and
 * then nothing more can be written in its name, however long it slept in between.
 *
 * @param nodeId leads the keys of the node's runs
 * @param epoch the epoch that the connection writes in
 */
public record NodeFence(long nodeId, long epoch) {

    /** SQLSTATE of a commit in an epoch that is over, with the node still open: a newer connection may go on. */
    private static final String EPOCH_OVER = "RT002";

    /**
     * Finds the node's row in its epoch. With {@code for share} it holds the row until the end of the transaction, which H2
     * does not know and does not need: no other process can be there.
     */
    static final String CHECK = "select 1 from node where node_id = ? and epoch = ?";

    /**
     * The names that sessions which write have at the server; the node's id follows. Another schema's nodes have the same ids,
     * in the same database.
     */
    private static final String SESSION = "'runtape-node-' || current_schema() || '-' || ?";

    /** Registers a node of its own for this start. */
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
     * The fence of a new connection. When it returns, whatever was sent over an older one is committed or never will be: its
     * transaction held the row that was written here, or will find another epoch in it.
     *
     * @throws SQLException {@link SqlFault#NODE_CLOSED} where the node may write no more
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

    /** The name tells whose row a session may hold, to those who close the node. */
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
     * Ends all other sessions that write in the node's name: one whose gateway stands still, or whose connection broke, may
     * hold the node's row for as long as it likes.
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

    /** Sets the parameters of {@link #CHECK}; returns the one behind them. */
    int bind(PreparedStatement check, int first) throws SQLException {
        check.setLong(first, nodeId);
        check.setLong(first + 1, epoch);
        return first + 2;
    }

    /**
     * Closes what {@link #CHECK} found.
     *
     * @throws SQLException where that is nothing: the epoch is over
     */
    void require(ResultSet found) throws SQLException {
        try (found) {
            if (!found.next()) {
                throw epochOver();
            }
        }
    }

    /** Of a commit that found another epoch: the node is closed, or a newer connection writes. */
    static SQLException epochOver() {
        return new SQLException("the epoch of this connection is over", EPOCH_OVER);
    }

    private static SQLException closed() {
        return new SQLException("another gateway has taken over the runs of this one", SqlFault.NODE_CLOSED);
    }
}
