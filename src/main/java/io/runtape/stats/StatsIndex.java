package io.runtape.stats;

import io.runtape.facet.CalledTools;
import io.runtape.indexing.EndedRun;
import io.runtape.indexing.RunIndex;
import io.runtape.run.Run;
import io.runtape.store.Store;
import io.runtape.store.Transaction;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Adds runs to the sums, and takes them off when they are deleted or have changed: each run has a row with what it has added.
 * Plain SQL: the rows of sums are locked in a fixed order. Blocks; safe for any thread.
 */
@Singleton
final class StatsIndex implements RunIndex {

    /** Locked, since another gateway may be about to add it to more sums. */
    private static final String ADDED =
            "select content, in_months, in_overall from run_stats where run_pk = ? for update";

    private static final String OWNER = "select owner from run where run_pk = ?";

    private static final String INSERT =
            "insert into run_stats (run_pk, content, in_months, in_overall) values (?, ?, true, true)";

    private static final String DELETE = "delete from run_stats where run_pk = ?";

    static final String NOT_IN_MONTHS =
            "select run_pk from run_stats where in_months is null order by in_months, run_pk limit 20";

    private static final String IN_MONTHS = "update run_stats set in_months = true where run_pk = ?";

    static final String NOT_IN_OVERALL =
            "select run_pk from run_stats where in_overall is null order by in_overall, run_pk limit 20";

    private static final String IN_OVERALL = "update run_stats set in_overall = true where run_pk = ?";

    private final Store store;

    StatsIndex(Store store) {
        this.store = store;
    }

    /**
     * What a run has added.
     *
     * @param labels of it without a tool
     * @param tools the tools that it called
     */
    private record Added(int hour, Labels labels, Set<String> tools, Sums sums) {

        void addTo(SumRows rows) {
            rows.add(labels, hour, sums);
            tools.forEach(tool -> rows.add(labels.withTool(tool), hour, sums));
            addToOverall(rows);
        }

        void addToOverall(SumRows rows) {
            rows.addToOverall(labels, hour, sums);
        }

        void addToMonths(SumRows rows) {
            rows.addToMonth(labels, hour, sums);
            tools.forEach(tool -> rows.addToMonth(labels.withTool(tool), hour, sums));
        }

        void removeFrom(SumRows rows, boolean months, boolean overall) {
            rows.remove(labels, hour, sums, months);
            tools.forEach(tool -> rows.remove(labels.withTool(tool), hour, sums, months));
            if (overall) {
                rows.removeFromOverall(labels, hour, sums);
            }
        }

        byte[] content() {
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            Varints.write(content, hour);
            labels.write(content);
            Varints.write(content, tools.size());
            tools.forEach(tool -> Varints.write(content, tool));
            sums.write(content);
            return content.toByteArray();
        }

        static Added read(byte[] content) {
            Varints.Reader reader = new Varints.Reader(content);
            int hour = reader.small();
            Labels labels = Labels.read(reader);
            Set<String> tools = new LinkedHashSet<>();
            for (int left = reader.small(); left > 0; left--) {
                tools.add(String.valueOf(reader.text()));
            }
            Sums sums = new Sums();
            sums.read(reader);
            return new Added(hour, labels, tools, sums);
        }
    }

    @Override
    public void add(Connection connection, EndedRun ended) throws SQLException {
        Run run = ended.row();
        SumRows rows = new SumRows(run.owner, run.runPk);
        forget(connection, run.runPk, rows);
        Instant completedAt = run.completedAt;
        // Times before 1970 are of a clock that was not set.
        if (completedAt != null && SumRows.hour(run.createdAt) >= 0) {
            Added added = new Added(
                    SumRows.hour(run.createdAt), Labels.of(run), CalledTools.of(ended), Sums.of(run, completedAt));
            added.addTo(rows);
            try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
                insert.setLong(1, run.runPk);
                insert.setBytes(2, added.content());
                insert.executeUpdate();
            }
        }
        rows.apply(connection);
    }

    @Override
    public void remove(Connection connection, long runPk) throws SQLException {
        SumRows rows = forget(connection, runPk, null);
        if (rows != null) {
            rows.apply(connection);
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
        noted.get().added.removeFrom(changed, noted.get().inMonths, noted.get().inOverall);
        try (PreparedStatement delete = connection.prepareStatement(DELETE)) {
            delete.setLong(1, runPk);
            delete.executeUpdate();
        }
        return changed;
    }

    /** What a run has added, and whether to the sums of months too, and to those over all runs. */
    private record Noted(Added added, boolean inMonths, boolean inOverall) {}

    private static Optional<Noted> noted(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(ADDED)) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                return row.next()
                        ? Optional.of(new Noted(Added.read(row.getBytes(1)), row.getBoolean(2), row.getBoolean(3)))
                        : Optional.empty();
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
        List<Long> inMonths = runs(connection, NOT_IN_MONTHS);
        for (long runPk : inMonths) {
            addTo(connection, runPk, IN_MONTHS, (noted, rows) -> {
                if (!noted.inMonths) {
                    noted.added.addToMonths(rows);
                }
            });
        }
        List<Long> inOverall = runs(connection, NOT_IN_OVERALL);
        for (long runPk : inOverall) {
            addTo(connection, runPk, IN_OVERALL, (noted, rows) -> {
                if (!noted.inOverall) {
                    noted.added.addToOverall(rows);
                }
            });
        }
        return !inMonths.isEmpty() || !inOverall.isEmpty();
    }

    private static List<Long> runs(Connection connection, String missing) throws SQLException {
        List<Long> runs = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(missing);
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                runs.add(row.getLong(1));
            }
        }
        return runs;
    }

    private void addTo(Connection connection, long runPk, String done, BiConsumer<Noted, SumRows> adding)
            throws SQLException {
        Transaction.losable(connection, store.engine(), () -> {
            Optional<Noted> noted = noted(connection, runPk);
            if (noted.isPresent()) {
                SumRows rows = new SumRows(owner(connection, runPk), runPk);
                adding.accept(noted.get(), rows);
                rows.apply(connection);
                try (PreparedStatement update = connection.prepareStatement(done)) {
                    update.setLong(1, runPk);
                    update.executeUpdate();
                }
            }
            return runPk;
        });
    }
}
