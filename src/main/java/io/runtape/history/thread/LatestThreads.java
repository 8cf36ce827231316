package io.runtape.history.thread;

import io.runtape.access.Owner;
import io.runtape.history.ListSlice;
import io.runtape.history.thread.ThreadQueries.StreamPosition;
import io.runtape.store.Engine;
import io.runtape.store.Store;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * Lists an owner's threads, the latest activity first. Plain SQL: the list must go along an index. Blocks; safe for any thread.
 */
@Singleton
final class LatestThreads {

    private final DataSource database;
    private final Engine engine;

    LatestThreads(DataSource database, Store store) {
        this.database = database;
        this.engine = store.engine();
    }

    /** The threads with the latest activity, from a position on. */
    ListSlice<ListedThread> list(Owner owner, ThreadFilter filter, Optional<StreamPosition> after, int limit)
            throws SQLException {
        return ListSlice.of(first(owner, filter, after, limit + 1), limit);
    }

    /** The places of those that {@link #list} lists. */
    List<StreamPosition> places(Owner owner, ThreadFilter filter, Optional<StreamPosition> after, int limit)
            throws SQLException {
        return first(owner, filter, after, limit).stream()
                .map(ListedThread::place)
                .toList();
    }

    private List<ListedThread> first(Owner owner, ThreadFilter filter, Optional<StreamPosition> after, int limit)
            throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = new ThreadListing(engine, owner, filter, after, limit).prepare(connection);
                ResultSet row = select.executeQuery()) {
            List<ListedThread> threads = new ArrayList<>();
            while (row.next()) {
                threads.add(ListedThread.of(row));
            }
            return threads;
        }
    }
}
