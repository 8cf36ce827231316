package io.runtape.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.jboss.logging.Logger;

/** Statements that belong together: all of them take effect, or none does. */
public final class Transaction {

    private static final Logger LOG = Logger.getLogger(Transaction.class);

    /** The statements of one transaction. */
    @FunctionalInterface
    public interface Statements<T> {
        T run() throws SQLException;
    }

    private Transaction() {}

    /**
     * Commits the statements, or rolls them back if one of them fails.
     *
     * @param connection a connection in auto-commit mode, which it is in again afterwards
     * @return what the statements return
     * @throws SQLException what the statements threw, or why the commit failed
     */
    public static <T> T in(Connection connection, Statements<T> statements) throws SQLException {
        connection.setAutoCommit(false);
        try {
            T result = statements.run();
            connection.commit();
            return result;
        } catch (Throwable e) {
            // An error as well: the next commit would otherwise include half of the statements.
            rollback(connection, e);
            throw e;
        } finally {
            restoreAutoCommit(connection);
        }
    }

    /**
     * The same for what can be done again: if PostgreSQL's server stops, the transaction may be undone although it was
     * committed, since its commit does not wait for the disk.
     */
    public static <T> T losable(Connection connection, Engine engine, Statements<T> statements) throws SQLException {
        return in(connection, () -> {
            if (engine == Engine.POSTGRESQL) {
                try (Statement set = connection.createStatement()) {
                    set.execute("set local synchronous_commit = off");
                }
            }
            return statements.run();
        });
    }

    private static void rollback(Connection connection, Throwable cause) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    private static void restoreAutoCommit(Connection connection) {
        try {
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            LOG.debugf("the connection is gone: %s", e.getMessage());
        }
    }
}
