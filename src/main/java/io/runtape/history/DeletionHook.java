package io.runtape.history;

import io.runtape.access.Owner;
import java.sql.Connection;
import java.sql.SQLException;

/** What goes with a run or a thread that is deleted, in the transaction of its deletion. */
public interface DeletionHook {

    /** Called before the run's row is deleted; it is locked. */
    default void beforeRun(Connection connection, long runPk) throws SQLException {}

    /** Called after the thread's row was deleted. */
    default void afterThread(Connection connection, Owner owner, String threadId) throws SQLException {}
}
