package io.runtape.testsupport;

import io.runtape.access.Owner;
import io.runtape.history.DeletionHook;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Lets deletions fail within their transaction, as the database might, where a test says so. Safe for any thread. */
@Singleton
public final class DeletionFaults implements DeletionHook {

    private final Map<Long, AtomicInteger> conflicts = new ConcurrentHashMap<>();
    private final Set<String> threads = ConcurrentHashMap.newKeySet();

    /** The next deletions of that run conflict with another transaction, so many times. */
    public void conflict(long runPk, int times) {
        conflicts.put(runPk, new AtomicInteger(times));
    }

    /** Each deletion of that thread fails when its row is deleted, until it no longer does. */
    public void fail(String threadId, boolean does) {
        if (does) {
            threads.add(threadId);
        } else {
            threads.remove(threadId);
        }
    }

    @Override
    public void beforeRun(Connection connection, long runPk) throws SQLException {
        AtomicInteger left = conflicts.get(runPk);
        if (left != null && left.getAndDecrement() > 0) {
            throw new SQLException("another transaction is in the way, as the test wants it", "40001");
        }
    }

    @Override
    public void afterThread(Connection connection, Owner owner, String threadId) throws SQLException {
        if (threads.contains(threadId)) {
            throw new SQLException("the database is away, as the test wants it", "08006");
        }
    }
}
