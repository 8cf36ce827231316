package io.runtape.history.thread;

import io.runtape.access.Owner;
import io.runtape.store.Engine;
import io.runtape.store.EpochMicros;
import io.runtape.store.Store;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/**
 * The runs of many threads at once. Plain SQL: Hibernate takes longer to read a statement with hundreds of parameters than the
 * database takes to answer it. Blocks; safe for any thread.
 */
@Singleton
final class ThreadRuns {

    /** The newest of a thread, at the most. */
    static final int NEWEST = 500;

    /** PostgreSQL would walk all runs of the owner for a join. */
    static final String NEWEST_ON_POSTGRESQL = """
            select r.thread_id, r.run_pk, r.created_at from unnest(?) as asked(id) cross join lateral (
                select thread_id, run_pk, created_at from run where owner = ? and thread_id = asked.id
                    and thread_ordinal is not null
                order by owner desc, thread_id desc, thread_ordinal desc limit %d) r""".formatted(NEWEST);

    /** H2 knows no such join, and is asked for each thread. */
    static final String NEWEST_ON_H2 = """
            select thread_id, run_pk, created_at from run where owner = ? and thread_id = ? and thread_ordinal is not null
            order by owner desc, thread_id desc, thread_ordinal desc limit %d""".formatted(NEWEST);

    /** The owner is compared by an expression: H2 would otherwise walk all that the owner has. */
    static final String THREADS_OF =
            "select run_pk, thread_id from run where run_pk = any(?) and substring(owner, 1, 128) = ?";

    private final DataSource database;
    private final Engine engine;

    ThreadRuns(DataSource database, Store store) {
        this.database = database;
        this.engine = store.engine();
    }

    /**
     * A run of a thread.
     *
     * @param createdMicros when it began, in microseconds since 1970
     */
    record RunOf(String threadId, long runPk, long createdMicros) {}

    /** The newest runs of these threads, {@value #NEWEST} of each at the most; those of a thread the newest first. */
    List<RunOf> newestOf(Owner owner, Collection<String> threads) throws SQLException {
        List<RunOf> runs = new ArrayList<>();
        if (threads.isEmpty()) {
            return runs;
        }
        boolean h2 = engine == Engine.H2;
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(h2 ? NEWEST_ON_H2 : NEWEST_ON_POSTGRESQL)) {
            if (h2) {
                select.setString(1, owner.id());
                for (String thread : threads) {
                    select.setString(2, thread);
                    read(select, runs);
                }
            } else {
                AskedThreads.bind(select, engine, owner, threads);
                read(select, runs);
            }
        }
        return runs;
    }

    private static void read(PreparedStatement select, List<RunOf> to) throws SQLException {
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                OffsetDateTime created = row.getObject(3, OffsetDateTime.class);
                to.add(new RunOf(row.getString(1), row.getLong(2), EpochMicros.of(created.toInstant())));
            }
        }
    }

    /** The threads of these runs, by the keys of the runs. */
    Map<Long, String> threadsOf(Owner owner, Collection<Long> runs) throws SQLException {
        Map<Long, String> threads = new HashMap<>();
        if (runs.isEmpty()) {
            return threads;
        }
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(THREADS_OF)) {
            select.setArray(1, connection.createArrayOf("bigint", runs.toArray()));
            select.setString(2, owner.id());
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    threads.put(row.getLong(1), row.getString(2));
                }
            }
        }
        return threads;
    }
}
