package io.runtape.history.run;

import io.quarkus.arc.All;
import io.runtape.access.Owner;
import io.runtape.history.DeletionHook;
import io.runtape.journal.sql.LeftThreads;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/**
 * Deletes threads that are left without runs, in the caller's transaction. The thread's row is locked first, so that no run joins between
 * the check and the deletion; of two transactions that take the last runs away, one finds the thread empty. Blocks; safe for any thread.
 */
@Singleton
final class EmptyThreads implements LeftThreads {

    /** The order of an index: PostgreSQL would walk the table for a thread that has most of its owner's runs. */
    static final String IN_ORDER = " order by owner, thread_id, thread_ordinal";

    /** One that has not joined the thread yet, since it has no response, is about to; one that has ended without does not count. */
    static final String RUN_OF_THREAD = "select 1 from run where owner = ? and thread_id = ?"
            + " and (thread_ordinal is not null or status = 'running')" + IN_ORDER + " limit 1";

    private static final String LOCK = "select 1 from thread where owner = ? and id = ? for update";

    private static final String LOCK_IF_FREE = LOCK + " skip locked";

    private static final String DELETE = "delete from thread where owner = ? and id = ?";

    private final List<DeletionHook> hooks;

    EmptyThreads(@All List<DeletionHook> hooks) {
        this.hooks = hooks;
    }

    /**
     * A thread whose row another transaction has locked stays: the commit of many runs holds the rows of the threads that they join, and
     * must not wait for one of those that it leaves.
     */
    @Override
    public void left(Connection connection, String owner, String threadId) throws SQLException {
        Owner of = new Owner(owner);
        if (exists(connection, LOCK_IF_FREE, of, threadId)) {
            delete(connection, of, threadId);
        }
    }

    /** Locks the thread's row, if there is one, until the end of the transaction. */
    void lock(Connection connection, Owner owner, String threadId) throws SQLException {
        exists(connection, LOCK, owner, threadId);
    }

    /** Deletes the thread, whose row the transaction has locked; returns false if it has a run. */
    boolean delete(Connection connection, Owner owner, String threadId) throws SQLException {
        if (exists(connection, RUN_OF_THREAD, owner, threadId)) {
            return false;
        }
        try (PreparedStatement delete = connection.prepareStatement(DELETE)) {
            delete.setString(1, owner.id());
            delete.setString(2, threadId);
            delete.executeUpdate();
        }
        for (DeletionHook hook : hooks) {
            hook.afterThread(connection, owner, threadId);
        }
        return true;
    }

    static boolean exists(Connection connection, String sql, Owner owner, String threadId) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setString(1, owner.id());
            select.setString(2, threadId);
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }
}
