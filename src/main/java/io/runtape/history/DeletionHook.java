package io.runtape.history;

import io.runtape.access.Owner;
import java.sql.Connection;
import java.sql.SQLException;

/** Deletes what belongs to a deleted run or thread, in the transaction of the deletion. */
public interface DeletionHook {

    /**
     * Called before the run's row is deleted; the transaction has locked the row, and deleted the frames. It ends soon after, so that
     * rows of others may be locked.
     */
    default void beforeRun(Connection connection, long runPk) throws SQLException {}

    /** Called after the thread's row was deleted. */
    default void afterThread(Connection connection, Owner owner, String threadId) throws SQLException {}
}
