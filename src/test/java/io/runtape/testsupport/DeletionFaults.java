package io.runtape.testsupport;

import io.runtape.access.Owner;
import io.runtape.history.DeletionHook;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets deletions fail within their transaction, as the database might, where a test says so; and tells how far they are by then. Safe
 * for any thread.
 */
@Singleton
public final class DeletionFaults implements DeletionHook {

    private final Map<Long, AtomicInteger> conflicts = new ConcurrentHashMap<>();
    private final Map<Long, Long> blocks = new ConcurrentHashMap<>();
    private final Set<String> threads = ConcurrentHashMap.newKeySet();
    private final Set<Long> damaged = ConcurrentHashMap.newKeySet();

    /** The next deletions of that run conflict with another transaction, so many times. */
    public void conflict(long runPk, int times) {
        conflicts.put(runPk, new AtomicInteger(times));
    }

    /** How many blocks of its frames that run had left when rows of others were locked for its deletion; null before it. */
    public Long blocksLeft(long runPk) {
        return blocks.get(runPk);
    }

    /** Each deletion of that thread fails when its row is deleted, until it no longer does. */
    public void fail(String threadId, boolean does) {
        keep(threads, threadId, does);
    }

    /** Each deletion of that run fails, as it does where a page of a table cannot be read, until it no longer does. */
    public void damage(long runPk, boolean is) {
        keep(damaged, runPk, is);
    }

    private static <T> void keep(Set<T> these, T one, boolean among) {
        if (among) {
            these.add(one);
        } else {
            these.remove(one);
        }
    }

    @Override
    public void beforeRun(Connection connection, long runPk) throws SQLException {
        if (damaged.contains(runPk)) {
            throw new SQLException("a page cannot be read, as the test wants it", "XX001");
        }
        AtomicInteger left = conflicts.get(runPk);
        if (left != null && left.getAndDecrement() > 0) {
            throw new SQLException("another transaction is in the way, as the test wants it", "40001");
        }
        try (PreparedStatement select = connection.prepareStatement("select count(*) from block where run_pk = ?")) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                blocks.put(runPk, row.getLong(1));
            }
        }
    }

    @Override
    public void afterThread(Connection connection, Owner owner, String threadId) throws SQLException {
        if (threads.contains(threadId)) {
            throw new SQLException("the database is away, as the test wants it", "08006");
        }
    }
}
