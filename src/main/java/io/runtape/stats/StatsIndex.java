package io.runtape.stats;

import io.runtape.facet.CalledTools;
import io.runtape.indexing.EndedRun;
import io.runtape.indexing.RunIndex;
import io.runtape.run.Run;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Adds runs to the sums, and takes them off when they are deleted or have changed: each run has a row with what it has added.
 * Plain SQL: the rows of sums are locked in a fixed order. Blocks; safe for any thread.
 */
@Singleton
final class StatsIndex implements RunIndex {

    private static final String ADDED = """
            select r.owner, s.content from run_stats s join run r on r.run_pk = s.run_pk where s.run_pk = ?""";

    private static final String INSERT = "insert into run_stats (run_pk, content) values (?, ?)";

    private static final String DELETE = "delete from run_stats where run_pk = ?";

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
        }

        void removeFrom(SumRows rows) {
            rows.remove(labels, hour, sums);
            tools.forEach(tool -> rows.remove(labels.withTool(tool), hour, sums));
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
        String owner;
        byte[] content;
        try (PreparedStatement select = connection.prepareStatement(ADDED)) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return rows;
                }
                owner = row.getString(1);
                content = row.getBytes(2);
            }
        }
        SumRows changed = rows == null ? new SumRows(owner, runPk) : rows;
        Added.read(content).removeFrom(changed);
        try (PreparedStatement delete = connection.prepareStatement(DELETE)) {
            delete.setLong(1, runPk);
            delete.executeUpdate();
        }
        return changed;
    }
}
