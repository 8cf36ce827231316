package io.runtape.testsupport;

import io.runtape.store.Engine;
import io.runtape.store.Store;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Keeps the gateway from storing anything more, until it is closed, without an error: its statements wait. PostgreSQL's lock
 * is on one table; H2 knows no such lock, so there all other connections wait at their next statement.
 */
public final class StoreLock implements AutoCloseable {

    private final Connection connection;
    private final boolean h2;

    private StoreLock(Connection connection, boolean h2) {
        this.connection = connection;
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
        return new StoreLock(connection, h2);
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
