package io.runtape.history.thread;

import io.runtape.access.Owner;
import io.runtape.store.Engine;
import io.runtape.store.Store;
import jakarta.inject.Singleton;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The totals over the runs of many threads at once. Plain SQL: Hibernate takes longer to read a statement with a list of
 * parameters than the database takes to answer it. Blocks; safe for any thread.
 */
@Singleton
final class ThreadCounts {

    static final String ON_H2 = """
            select t.id,
                (select count(*) from run r
                    where r.owner = t.owner and r.thread_id = t.id and r.thread_ordinal is not null),
                (select sum(case when r.status = 'running' then 0 else r.event_count end) from run r
                    where r.owner = t.owner and r.thread_id = t.id and r.thread_ordinal is not null),
                (select array_agg(r.run_pk) filter (where r.status = 'running') from run r
                    where r.owner = t.owner and r.thread_id = t.id and r.thread_ordinal is not null),
                (select r.status from run r
                    where r.owner = t.owner and r.thread_id = t.id and r.thread_ordinal is not null
                    order by r.owner desc, r.thread_id desc, r.thread_ordinal desc limit 1)
            from
            """ + AskedThreads.ON_H2;

    /** PostgreSQL reads the runs of a thread once for all of these. */
    static final String ON_POSTGRESQL = """
            select t.id, c.* from (select t.id, t.owner from %s) t cross join lateral (
                select count(*), sum(case when r.status = 'running' then 0 else r.event_count end),
                    array_agg(r.run_pk) filter (where r.status = 'running'),
                    (array_agg(r.status order by r.thread_ordinal desc))[1]
                from run r where r.owner = t.owner and r.thread_id = t.id and r.thread_ordinal is not null) c
            """.formatted(AskedThreads.ON_POSTGRESQL);

    private final DataSource database;
    private final Engine engine;

    ThreadCounts(DataSource database, Store store) {
        this.database = database;
        this.engine = store.engine();
    }

    /**
     * The totals over the runs of a thread.
     *
     * @param runs how many runs the thread has
     * @param events the number of events in runs that have ended
     * @param running the keys of the runs that have not ended
     * @param lastStatus the status of the last run
     */
    record Counts(
            long runs,
            long events,
            List<Long> running,
            @Nullable String lastStatus) {

        static final Counts NONE = new Counts(0, 0, List.of(), null);
    }

    /** The totals over the runs of each thread; deleted threads are absent. */
    Map<String, Counts> of(Owner owner, List<String> threads) throws SQLException {
        Map<String, Counts> counts = new HashMap<>();
        if (threads.isEmpty()) {
            return counts;
        }
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(engine == Engine.H2 ? ON_H2 : ON_POSTGRESQL)) {
            AskedThreads.bind(select, engine, owner, threads);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    counts.put(
                            row.getString(1),
                            new Counts(row.getLong(2), row.getLong(3), keys(row.getArray(4)), row.getString(5)));
                }
            }
        }
        return counts;
    }

    private static List<Long> keys(@Nullable Array array) throws SQLException {
        return array == null
                ? List.of()
                : Arrays.stream((Object[]) array.getArray())
                        .map(Long.class::cast)
                        .toList();
    }
}
