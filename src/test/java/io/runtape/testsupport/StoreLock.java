package io.runtape.testsupport;

import io.runtape.store.Engine;
import io.runtape.store.Store;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Keeps the gateway from storing anything more, until it is closed, without an error: its statements wait. PostgreSQL's lock
 * is on one table; H2 knows no such lock, so there all other connections wait at their next statement.
 */
public final class StoreLock implements AutoCloseable {

    private final Connection connection;
    private final String table;
    private final boolean h2;

    private StoreLock(Connection connection, String table, boolean h2) {
        this.connection = connection;
        this.table = table;
        this.h2 = h2;
    }

    /** Locks the table of frames. */
    public static StoreLock onFrames(Store store) throws SQLException {
        return on(store, "block");
    }

    /** Locks the table of runs. */
    public static StoreLock onRuns(Store store) throws SQLException {
        return on(store, "run");
    }

    private static StoreLock on(Store store, String table) throws SQLException {
        Connection connection = store.connect();
        boolean h2 = store.engine() == Engine.H2;
        try (Statement lock = connection.createStatement()) {
            if (h2) {
                lock.execute("set exclusive 1");
            } else {
                connection.setAutoCommit(false);
                lock.execute("lock table " + table + " in access exclusive mode");
            }
        }
        return new StoreLock(connection, table, h2);
    }

    /**
     * Cancels the statement that waits for the lock, as an administrator of the database may, once one does. For PostgreSQL.
     *
     * @param beginning how it begins
     */
    public void cancelWaiting(String beginning) {
        RunTable.await("a statement waits for " + table, () -> {
            try (Statement anew = connection.createStatement();
                    PreparedStatement cancel = connection.prepareStatement("""
                    select count(pg_cancel_backend(pid)) from pg_locks join pg_stat_activity using (pid)
                    where relation = cast(? as regclass) and not granted and starts_with(query, ?)""")) {
                // A transaction sees the statements as they were when it first looked.
                anew.execute("select pg_stat_clear_snapshot()");
                cancel.setString(1, table);
                cancel.setString(2, beginning);
                try (ResultSet row = cancel.executeQuery()) {
                    row.next();
                    return row.getLong(1) > 0 ? true : null;
                }
            }
        });
    }

    @Override
    public void close() throws SQLException {
        try (connection;
                Statement unlock = connection.createStatement()) {
            if (h2) {
                unlock.execute("set exclusive 0");
            } else {
                connection.rollback();
            }
        }
    }
}
