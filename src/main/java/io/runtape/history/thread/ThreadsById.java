package io.runtape.history.thread;

import io.runtape.access.Owner;
import io.runtape.history.thread.ThreadQueries.StreamPosition;
import io.runtape.store.Engine;
import io.runtape.store.Store;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The threads that are known by their ids, and the ids of those that a caller has named. Plain SQL: Hibernate takes
 * longer to read a statement with thousands of parameters than the database takes to answer it. Blocks; safe for any thread.
 */
@Singleton
final class ThreadsById {

    private static final String LISTED =
            "select t.id, t.title, t.agent, t.archived, t.created_at, t.updated_at, t.last_ordinal from ";

    private static final String LATEST = """

            and t.updated_at >= ? and t.updated_at < ? and t.updated_at <= ? and (t.updated_at < ? or t.id < ?)
            order by t.updated_at desc, t.id desc""";

    /** With the time in a condition H2 would walk all that the owner has. */
    static final String LISTED_ON_H2 = LISTED
            + AskedThreads.ON_H2
            + LATEST.replace("t.updated_at <", "dateadd(second, 0, t.updated_at) <")
                    .replace("t.updated_at >", "dateadd(second, 0, t.updated_at) >");

    static final String LISTED_ON_POSTGRESQL = LISTED + AskedThreads.ON_POSTGRESQL + LATEST;

    /** PostgreSQL has a partial index, whose condition is repeated here. */
    static final String UNTOLD = """
            select 1 from run where owner = ? and run_pk > 0 and created_at < (select max(at) from thread_name_since)
            order by owner, created_at, run_pk limit 1""";

    static final String NAMED = "select thread_id from thread_name where owner = ? order by owner, thread_id limit ?";

    /** The names, and one that is null if there may be more. */
    static final String NAMED_AND_UNTOLD =
            "(" + NAMED + ") union all (" + UNTOLD.replace("select 1", "select null") + ")";

    static final String NAMED_OF_ON_H2 = "select n.thread_id from unnest(?, ?) as asked(id, owner)"
            + " join thread_name n on n.thread_id = asked.id and n.owner = asked.owner";

    static final String NAMED_OF_ON_POSTGRESQL =
            "select n.thread_id from thread_name n where n.thread_id = any(?) and n.owner = ?";

    private final DataSource database;
    private final Engine engine;
    private final String listed;
    private final String namedOf;

    ThreadsById(DataSource database, Store store) {
        this.database = database;
        this.engine = store.engine();
        boolean h2 = engine == Engine.H2;
        this.listed = h2 ? LISTED_ON_H2 : LISTED_ON_POSTGRESQL;
        this.namedOf = h2 ? NAMED_OF_ON_H2 : NAMED_OF_ON_POSTGRESQL;
    }

    /** Those of these threads that {@link LatestThreads#list} would list, in its order. */
    List<ListedThread> of(Owner owner, ThreadFilter filter, Collection<String> ids, Optional<StreamPosition> after)
            throws SQLException {
        List<ListedThread> threads = new ArrayList<>();
        if (ids.isEmpty()) {
            return threads;
        }
        OffsetDateTime end = time(filter.common().end());
        OffsetDateTime at = after.map(position -> time(position.updatedAt())).orElse(end);
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(listed)) {
            AskedThreads.bind(select, engine, owner, ids);
            select.setObject(3, time(filter.common().since().orElse(Instant.EPOCH)));
            select.setObject(4, end);
            select.setObject(5, at);
            select.setObject(6, at);
            select.setString(7, after.map(StreamPosition::id).orElse(""));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    if (row.getLong(7) > 0 && filter.has(row.getString(3), row.getBoolean(4))) {
                        threads.add(ListedThread.of(row));
                    }
                }
            }
        }
        return threads;
    }

    private static OffsetDateTime time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }

    /** Whether the owner may have threads that were named without a trace, by an earlier version. */
    boolean mayHaveUntoldNames(Owner owner) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(UNTOLD)) {
            select.setString(1, owner.id());
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    /**
     * The owner's threads that a caller has named.
     *
     * @param max as many at the most
     * @return empty if the owner may have others, as {@link #mayHaveUntoldNames} tells
     */
    Optional<Set<String>> named(Owner owner, int max) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(NAMED_AND_UNTOLD)) {
            select.setString(1, owner.id());
            select.setInt(2, max);
            select.setString(3, owner.id());
            Set<String> named = new HashSet<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    @Nullable String id = row.getString(1);
                    if (id == null) {
                        return Optional.empty();
                    }
                    named.add(id);
                }
            }
            return Optional.of(named);
        }
    }

    /** Those of these threads that a caller has named. */
    Set<String> namedOf(Owner owner, Collection<String> ids) throws SQLException {
        if (ids.isEmpty()) {
            return Set.of();
        }
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(namedOf)) {
            AskedThreads.bind(select, engine, owner, ids);
            try (ResultSet row = select.executeQuery()) {
                Set<String> named = new HashSet<>();
                while (row.next()) {
                    named.add(row.getString(1));
                }
                return named;
            }
        }
    }
}
