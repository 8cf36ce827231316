package io.runtape.indexing;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Something that is derived from runs that have ended. All indexes of a run are written in one transaction, some time after
 * its end, and anew if its outcome changes. Implementations are beans, and safe for any thread.
 */
public interface RunIndex {

    /**
     * Writes what is derived from the run, in place of what was written of it before. The transaction has locked its row, so
     * it must not wait for another connection.
     */
    void add(Connection connection, EndedRun run) throws SQLException;

    /** Removes what was written of the run, in the transaction that deletes it, which has locked its row. */
    void remove(Connection connection, long runPk) throws SQLException;

    /**
     * Does a piece of what is left to do, if anything is, while few runs are to be indexed.
     *
     * @param connection in auto-commit mode
     * @return whether it did something
     */
    default boolean tidy(Connection connection) throws SQLException {
        return false;
    }
}
