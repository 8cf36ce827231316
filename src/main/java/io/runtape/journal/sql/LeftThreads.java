package io.runtape.journal.sql;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Gets each thread that a call named and its run did not join. A deletion spares the thread of a run that is about to join it, and does
 * not come back to it. Only the committer's thread calls it.
 */
@FunctionalInterface
public interface LeftThreads {

    /**
     * Deletes the thread if it has no run and no other transaction has locked it, in the connection's transaction, in which the run has
     * joined another one.
     */
    void left(Connection connection, String owner, String threadId) throws SQLException;
}
