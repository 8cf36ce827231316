package io.runtape.history.run;

import io.quarkus.arc.All;
import io.runtape.access.Owner;
import io.runtape.history.DeletionHook;
import io.runtape.history.RestOfDeletion;
import io.runtape.store.Transaction;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Deletes threads that a deletion has left without runs. The thread's row is locked first, so that no run joins between the check and
 * the deletion; of two transactions that take the last runs away, one finds the thread empty. A thread that a run is about to join is
 * spared, and looked at again: the run's response may name another one. Blocks; safe for any thread.
 */
@Singleton
final class EmptyThreads implements RestOfDeletion {

    /** The order of an index: PostgreSQL would walk the table for a thread that has most of its owner's runs. */
    static final String IN_ORDER = " order by owner, thread_id, thread_ordinal";

    /**
     * One that has joined the thread, if there is any, else one that has not, since it has no response, and is about to; one that has
     * ended without does not count.
     */
    static final String RUN_OF_THREAD = "select thread_ordinal from run where owner = ? and thread_id = ?"
            + " and (thread_ordinal is not null or status = 'running')" + IN_ORDER + " limit 1";

    /** Those that no run is about to join any more. PostgreSQL looks up the runs of each: it cannot make a join of a count. */
    static final String SETTLED = """
            select owner, thread_id from spared_thread s
            where (select count(*) from run r where r.owner = s.owner and r.thread_id = s.thread_id and r.thread_ordinal is null
                and r.status = 'running') = 0
            order by owner, thread_id limit 100""";

    private static final String LOCK = "select 1 from thread where owner = ? and id = ? for update";

    private static final String DELETE = "delete from thread where owner = ? and id = ?";

    private static final String SPARE =
            "insert into spared_thread (owner, thread_id) values (?, ?) on conflict do nothing";

    private static final String FORGET = "delete from spared_thread where owner = ? and thread_id = ?";

    private final List<DeletionHook> hooks;

    EmptyThreads(@All List<DeletionHook> hooks) {
        this.hooks = hooks;
    }

    /** A thread, by its owner. */
    private record Spared(Owner owner, String threadId) {}

    @Override
    public boolean goOn(Connection connection) throws SQLException {
        List<Spared> settled = settled(connection);
        for (Spared each : settled) {
            Transaction.in(connection, () -> {
                boolean there = exists(connection, LOCK, each.owner, each.threadId);
                // Since the look, the deletion of the thread's last run may have kept it for its owner.
                boolean spared = execute(connection, FORGET, each.owner, each.threadId) == 1;
                return there && spared && deleteLocked(connection, each.owner, each.threadId);
            });
        }
        return !settled.isEmpty();
    }

    private static List<Spared> settled(Connection connection) throws SQLException {
        List<Spared> settled = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(SETTLED);
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                settled.add(new Spared(new Owner(row.getString(1)), row.getString(2)));
            }
        }
        return settled;
    }

    /** Keeps the thread for its owner, although a deletion is to look at it again. */
    void forget(Connection connection, Owner owner, String threadId) throws SQLException {
        execute(connection, FORGET, owner, threadId);
    }

    /** Deletes the thread in a transaction; returns false if it has a run, or is about to. */
    boolean delete(Connection connection, Owner owner, String threadId) throws SQLException {
        // Without a row there is nothing to lock: a run that joins now makes a thread that must stay.
        return !exists(connection, LOCK, owner, threadId) || deleteLocked(connection, owner, threadId);
    }

    private boolean deleteLocked(Connection connection, Owner owner, String threadId) throws SQLException {
        if (hasRun(connection, owner, threadId)) {
            return false;
        }
        execute(connection, DELETE, owner, threadId);
        for (DeletionHook hook : hooks) {
            hook.afterThread(connection, owner, threadId);
        }
        return true;
    }

    private static boolean hasRun(Connection connection, Owner owner, String threadId) throws SQLException {
        boolean joined;
        try (PreparedStatement select = connection.prepareStatement(RUN_OF_THREAD)) {
            select.setString(1, owner.id());
            select.setString(2, threadId);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return false;
                }
                joined = row.getObject(1) != null;
            }
        }
        if (!joined) {
            execute(connection, SPARE, owner, threadId);
        }
        return true;
    }

    private static int execute(Connection connection, String sql, Owner owner, String threadId) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, owner.id());
            statement.setString(2, threadId);
            return statement.executeUpdate();
        }
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
