package io.runtape.history;

import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.model.Store;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import javax.sql.DataSource;

/**
 * Writes what callers change of threads. When it returns, the change outlives the process. The time of the last activity
 * stays: nothing happened in the conversation. Blocks; safe for any thread.
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

    /** @throws ApiException 404 where the thread is gone */
    void apply(Owner owner, String threadId, ThreadChange change) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement update = connection.prepareStatement(UPDATE)) {
            update.setBoolean(1, change.titled());
            update.setString(2, change.title());
            update.setObject(3, change.archived(), Types.BOOLEAN);
            update.setString(4, owner.id());
            update.setString(5, threadId);
            if (update.executeUpdate() == 0) {
                throw ApiException.notFound("thread");
            }
            store.makeDurable(connection);
        }
    }
}
