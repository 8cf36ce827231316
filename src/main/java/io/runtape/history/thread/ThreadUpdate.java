package io.runtape.history.thread;

import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.run.DefaultTitles;
import io.runtape.run.ThreadNames;
import io.runtape.store.Store;
import io.runtape.store.Transaction;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Writes a caller's changes of threads. A change is durable when the method returns. The time of the last activity
 * stays: nothing happened in the conversation. Uses plain SQL, since the same connection makes the change durable.
 * Blocks; safe for any thread.
 */
@Singleton
final class ThreadUpdate {

    private static final String UPDATE = """
            update thread set title = case when ? then ? else title end, archived = coalesce(?, archived)
            where owner = ? and id = ?""";

    private final DataSource database;
    private final Store store;

    ThreadUpdate(DataSource database, Store store) {
        this.database = database;
        this.store = store;
    }

    /** @throws ApiException 404 if the thread no longer exists */
    void apply(Owner owner, String threadId, ThreadChange change) throws SQLException {
        try (Connection connection = database.getConnection()) {
            boolean there = Transaction.in(connection, () -> {
                boolean updated = update(connection, owner, threadId, change);
                if (updated && change.titled()) {
                    name(connection, owner, threadId, change.title());
                }
                return updated;
            });
            if (!there) {
                throw ApiException.notFound("thread");
            }
            store.makeDurable(connection);
        }
    }

    private static void name(Connection connection, Owner owner, String threadId, @Nullable String title)
            throws SQLException {
        if (title == null) {
            DefaultTitles.restore(connection, owner.id(), threadId);
            ThreadNames.remove(connection, owner.id(), threadId);
        } else {
            ThreadNames.add(connection, owner.id(), threadId);
        }
    }

    private static boolean update(Connection connection, Owner owner, String threadId, ThreadChange change)
            throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(UPDATE)) {
            update.setBoolean(1, change.titled());
            update.setString(2, change.title());
            update.setObject(3, change.archived(), Types.BOOLEAN);
            update.setString(4, owner.id());
            update.setString(5, threadId);
            return update.executeUpdate() > 0;
        }
    }
}
