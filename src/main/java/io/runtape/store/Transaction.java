package io.runtape.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
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

    /**
     * A part of a transaction: if one of its statements fails, these are taken back, and the transaction can go on; not after a fault of
     * the moment, for which the whole transaction is to be done again.
     *
     * @param connection a connection in a transaction
     * @return what the statements return
     * @throws SQLException what the statements threw; of a connection that is lost, why they cannot be taken back
     */
    public static <T> T partly(Connection connection, Statements<T> statements) throws SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            return statements.run();
        } catch (SQLException | RuntimeException e) {
            // H2 has then rolled back all of it already.
            if (!(e instanceof SQLException fault && SqlFault.isOfTheMoment(fault))) {
                connection.rollback(before);
            }
            throw e;
        }
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
