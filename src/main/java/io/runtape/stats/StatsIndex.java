package io.runtape.stats;

import io.runtape.facet.CalledTools;
import io.runtape.indexing.EndedRun;
import io.runtape.indexing.RunIndex;
import io.runtape.run.Run;
import io.runtape.store.Store;
import io.runtape.store.Transaction;
import jakarta.annotation.Priority;
import jakarta.inject.Singleton;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Adds runs to the sums, and takes them off when they are deleted or have changed: each run has a row with what it has added.
 * Plain SQL: the rows of sums are locked in a fixed order. Blocks; safe for any thread.
 */
@Singleton
@Priority(StatsIndex.LAST)
final class StatsIndex implements RunIndex {

    /** Behind all other indexes: runs of other transactions wait for the rows of sums until this one is committed. */
    static final int LAST = -1;

    /** Locked, since another gateway may be about to add them to more sums. */
    private static final String ADDED = """
            select run_pk, content, in_months, in_overall, in_labels from run_stats where run_pk = any(?)
            order by run_pk for update""";

    private static final String OWNER = "select owner from run where run_pk = ?";

    private static final String INSERT = """
            insert into run_stats (run_pk, content, in_months, in_overall, in_labels)
            values (?, ?, true, true, true)""";

    private static final String DELETE = "delete from run_stats where run_pk = any(?)";

    private final Store store;

    StatsIndex(Store store) {
        this.store = store;
    }

    @Override
    public Addition prepare(List<EndedRun> runs) {
        return this::add;
    }

    private void add(Connection connection, List<EndedRun> runs) throws SQLException {
        SortedMap<SumRows.Of, SumRows> rows = new TreeMap<>();
        Map<Long, Noted> before = forget(connection, EndedRun.keys(runs));
        try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
            for (EndedRun ended : runs) {
                Run run = ended.row();
                SumRows changed = rows.computeIfAbsent(SumRows.Of.run(run.owner, run.runPk), SumRows::new);
                Noted noted = before.get(run.runPk);
                if (noted != null) {
                    noted.added.removeFrom(changed, noted::isIn);
                }
                Instant completedAt = run.completedAt;
                // Times before 1970 are of a clock that was not set.
                if (completedAt != null && SumRows.hour(run.createdAt) >= 0) {
                    AddedRun added = new AddedRun(
                            SumRows.hour(run.createdAt),
                            Labels.of(run),
                            CalledTools.of(ended),
                            Sums.of(run, completedAt));
                    added.addTo(changed, span -> true);
                    insert.setLong(1, run.runPk);
                    insert.setBytes(2, added.content());
                    insert.addBatch();
                }
            }
            insert.executeBatch();
        }
        for (SumRows changed : rows.values()) {
            changed.apply(connection, store.engine());
        }
    }

    @Override
    public void remove(Connection connection, long runPk) throws SQLException {
        Noted noted = forget(connection, List.of(runPk)).get(runPk);
        if (noted != null) {
            SumRows rows = new SumRows(SumRows.Of.run(owner(connection, runPk), runPk));
            noted.added.removeFrom(rows, noted::isIn);
            rows.apply(connection, store.engine());
        }
    }

    /** Deletes what is noted of runs; returns it, by their keys. */
    private static Map<Long, Noted> forget(Connection connection, List<Long> runs) throws SQLException {
        Map<Long, Noted> noted = noted(connection, runs);
        if (!noted.isEmpty()) {
            try (PreparedStatement delete = connection.prepareStatement(DELETE)) {
                delete.setArray(1, keys(connection, noted.keySet()));
                delete.executeUpdate();
            }
        }
        return noted;
    }

    /** What a run has added, and to which of the later sums too. */
    private record Noted(AddedRun added, Set<LaterSums> to) {

        boolean isIn(Span span) {
            return span.later() == null || to.contains(span.later());
        }
    }

    private static Map<Long, Noted> noted(Connection connection, List<Long> runs) throws SQLException {
        Map<Long, Noted> noted = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement(ADDED)) {
            select.setArray(1, keys(connection, runs));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    Set<LaterSums> to = EnumSet.noneOf(LaterSums.class);
                    for (LaterSums later : LaterSums.values()) {
                        if (row.getBoolean(later.column())) {
                            to.add(later);
                        }
                    }
                    noted.put(row.getLong("run_pk"), new Noted(AddedRun.read(row.getBytes("content")), to));
                }
            }
        }
        return noted;
    }

    private static Array keys(Connection connection, Collection<Long> runs) throws SQLException {
        return connection.createArrayOf("bigint", runs.toArray());
    }

    private static String owner(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(OWNER)) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }

    /** Adds some runs to sums that a gateway of an earlier version has not added them to. */
    @Override
    public boolean tidy(Connection connection) throws SQLException {
        boolean done = false;
        for (LaterSums later : LaterSums.values()) {
            for (long runPk : missing(connection, later)) {
                addTo(connection, runPk, later);
                done = true;
            }
        }
        return done;
    }

    private static List<Long> missing(Connection connection, LaterSums later) throws SQLException {
        List<Long> runs = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(later.missing());
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                runs.add(row.getLong(1));
            }
        }
        return runs;
    }

    private void addTo(Connection connection, long runPk, LaterSums later) throws SQLException {
        Transaction.losable(connection, store.engine(), () -> {
            Noted noted = noted(connection, List.of(runPk)).get(runPk);
            if (noted != null && !noted.to.contains(later)) {
                SumRows rows = new SumRows(SumRows.Of.run(owner(connection, runPk), runPk));
                noted.added.addTo(rows, span -> span.later() == later);
                rows.apply(connection, store.engine());
                try (PreparedStatement update = connection.prepareStatement(later.done())) {
                    update.setLong(1, runPk);
                    update.executeUpdate();
                }
            }
            return runPk;
        });
    }
}
