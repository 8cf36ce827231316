package io.runtape.history.thread;

import io.runtape.access.Owner;
import io.runtape.history.ListFilter;
import io.runtape.history.thread.ThreadQueries.StreamPosition;
import io.runtape.store.Engine;
import io.runtape.store.Store;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Walks the list of an owner's threads, the latest activity first, past those that are not asked for: the database leaves these
 * out. Plain SQL: the ids of some hundred threads are one parameter. Blocks; safe for any thread.
 */
@Singleton
final class ThreadWalk {

    /** The walk stops behind so many threads, however few of them are asked for. */
    static final int LENGTH = 5000;

    /** The row of the last thread of the walk tells where the next one goes on. */
    private static final String WALK = """
            select t.id, t.title, t.agent, t.archived, t.created_at, t.updated_at, t.wanted, t.n
            from (select s.*, row_number() over (order by updated_at desc, id desc) as n,
                    s.created_at <= ? or s.id %s as wanted
                from (%s) s) t
            where t.wanted or t.n = %d order by t.updated_at desc, t.id desc limit ?""";

    /** PostgreSQL compares with one id after the other where it is no query, and H2 finds nothing where it is one. */
    private static final String ASKED_ON_POSTGRESQL = "in (select asked.id from unnest(?) as asked(id))";

    private static final String ASKED_ON_H2 = "= any(?)";

    private final DataSource database;
    private final Engine engine;

    ThreadWalk(DataSource database, Store store) {
        this.database = database;
        this.engine = store.engine();
    }

    /**
     * Threads that are asked for.
     *
     * @param threads these
     * @param begunBy and all that began by then
     */
    record Wanted(Set<String> threads, Instant begunBy) {

        static final Wanted ALL = new Wanted(Set.of(), ListFilter.LATEST);

        /** These, too. */
        Wanted and(Set<String> others) {
            Set<String> all = new HashSet<>(threads);
            all.addAll(others);
            return new Wanted(all, begunBy);
        }
    }

    /**
     * A part of the list.
     *
     * @param threads those of it that are asked for
     * @param next where the list goes on; null at its end
     */
    record Stretch(List<ListedThread> threads, @Nullable StreamPosition next) {}

    /** The next part of the list, from a position on: it ends behind so many threads that are asked for. */
    Stretch next(Owner owner, ThreadFilter filter, Wanted wanted, Optional<StreamPosition> after, int count)
            throws SQLException {
        ThreadListing list = new ThreadListing(engine, owner, filter, after, LENGTH);
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(sql(engine, list))) {
            List<Object> parameters = new ArrayList<>();
            parameters.add(wanted.begunBy.atOffset(ZoneOffset.UTC));
            parameters.add(connection.createArrayOf("varchar", wanted.threads.toArray()));
            parameters.addAll(list.parameters());
            parameters.add(count);
            for (int i = 0; i < parameters.size(); i++) {
                select.setObject(i + 1, parameters.get(i));
            }
            return read(select, count);
        }
    }

    static String sql(Engine engine, ThreadListing list) {
        return WALK.formatted(engine == Engine.H2 ? ASKED_ON_H2 : ASKED_ON_POSTGRESQL, list.sql(), LENGTH);
    }

    private static Stretch read(PreparedStatement select, int count) throws SQLException {
        try (ResultSet row = select.executeQuery()) {
            List<ListedThread> threads = new ArrayList<>();
            @Nullable StreamPosition last = null;
            int rows = 0;
            boolean goesOn = false;
            while (row.next()) {
                ListedThread thread = ListedThread.of(row);
                last = thread.place();
                if (row.getBoolean(7)) {
                    threads.add(thread);
                }
                goesOn = ++rows == count || row.getInt(8) == LENGTH;
            }
            return new Stretch(threads, goesOn ? last : null);
        }
    }
}
