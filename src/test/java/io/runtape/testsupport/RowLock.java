package io.runtape.testsupport;

import io.runtape.store.Store;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Keeps the gateway from changing one run, until it is closed, without an error: statements that would do so wait. */
public final class RowLock implements AutoCloseable {

    private final Connection connection;

    private RowLock(Connection connection) {
        this.connection = connection;
    }

    /** Locks the row of a run, by its key. */
    public static RowLock onRun(Store store, long runPk) throws SQLException {
        Connection connection = PatientConnection.to(store);
        connection.setAutoCommit(false);
        try (PreparedStatement lock = connection.prepareStatement("select 1 from run where run_pk = ? for update")) {
            lock.setLong(1, runPk);
            lock.executeQuery();
        }
        return new RowLock(connection);
    }

    @Override
    public void close() throws SQLException {
        try (connection) {
            connection.rollback();
        }
    }
}
