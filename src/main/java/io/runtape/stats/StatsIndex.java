package io.runtape.stats;

import io.runtape.facet.CalledTools;
import io.runtape.indexing.EndedRun;
import io.runtape.indexing.RunIndex;
import io.runtape.run.Run;
import io.runtape.store.Store;
import io.runtape.store.Transaction;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Adds runs to the sums, and takes them off when they are deleted or have changed: each run has a row with what it has added.
 * Plain SQL: the rows of sums are locked in a fixed order. Blocks; safe for any thread.
 */
@Singleton
final class StatsIndex implements RunIndex {

    /** Locked, since another gateway may be about to add it to more sums. */
    private static final String ADDED =
            "select content, in_months, in_overall, in_labels from run_stats where run_pk = ? for update";

    private static final String OWNER = "select owner from run where run_pk = ?";

    private static final String INSERT = """
            insert into run_stats (run_pk, content, in_months, in_overall, in_labels)
            values (?, ?, true, true, true)""";

    private static final String DELETE = "delete from run_stats where run_pk = ?";

    private final Store store;

    StatsIndex(Store store) {
        this.store = store;
    }

    @Override
    public void add(Connection connection, EndedRun ended) throws SQLException {
        Run run = ended.row();
        SumRows rows = new SumRows(run.owner, run.runPk);
        forget(connection, run.runPk, rows);
        Instant completedAt = run.completedAt;
        // Times before 1970 are of a clock that was not set.
        if (completedAt != null && SumRows.hour(run.createdAt) >= 0) {
            AddedRun added = new AddedRun(
                    SumRows.hour(run.createdAt), Labels.of(run), CalledTools.of(ended), Sums.of(run, completedAt));
            added.addTo(rows, span -> true);
            try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
                insert.setLong(1, run.runPk);
                insert.setBytes(2, added.content());
                insert.executeUpdate();
            }
        }
        rows.apply(connection, store.engine());
    }

    @Override
    public void remove(Connection connection, long runPk) throws SQLException {
        SumRows rows = forget(connection, runPk, null);
        if (rows != null) {
            rows.apply(connection, store.engine());
        }
    }

    /**
     * Deletes what is noted of the run, and has it taken off the rows.
     *
     * @param rows the rows that change; null for new ones
     * @return the rows that change; null if nothing was noted and none were given
     */
    private static @Nullable SumRows forget(Connection connection, long runPk, @Nullable SumRows rows)
            throws SQLException {
        Optional<Noted> noted = noted(connection, runPk);
        if (noted.isEmpty()) {
            return rows;
        }
        SumRows changed = rows == null ? new SumRows(owner(connection, runPk), runPk) : rows;
        noted.get().added.removeFrom(changed, noted.get()::isIn);
        try (PreparedStatement delete = connection.prepareStatement(DELETE)) {
            delete.setLong(1, runPk);
            delete.executeUpdate();
        }
        return changed;
    }

    /** What a run has added, and to which of the later sums too. */
    private record Noted(AddedRun added, Set<LaterSums> to) {

        boolean isIn(Span span) {
            return span.later() == null || to.contains(span.later());
        }
    }

    private static Optional<Noted> noted(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(ADDED)) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                Set<LaterSums> to = EnumSet.noneOf(LaterSums.class);
                for (LaterSums later : LaterSums.values()) {
                    if (row.getBoolean(later.column())) {
                        to.add(later);
                    }
                }
                return Optional.of(new Noted(AddedRun.read(row.getBytes(1)), to));
            }
        }
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
            Optional<Noted> noted = noted(connection, runPk);
            if (noted.isPresent() && !noted.get().to.contains(later)) {
                SumRows rows = new SumRows(owner(connection, runPk), runPk);
                noted.get().added.addTo(rows, span -> span.later() == later);
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
