package io.runtape.journal;

import io.runtape.model.RunReason;
import io.runtape.model.RunStatus;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs that a gateway left behind when it died: closed as failed, {@code gateway_lost}, with what their frames say (contract,
 * promise 6).
 */
final class LostRuns {

    private static final String SELECT_RUNNING = """
            select run_pk, owner, agent, thread_id, thread_ordinal, stream, created_at from run where status = 'running'
            order by run_pk""";

    private static final String SELECT_TOTALS = """
            select count(*), count(case when kind = 1 then 1 end), coalesce(sum(octet_length(bytes)), 0),
                coalesce(min(offset_us), -1)
            from frame where run_pk = ?""";

    private final StoreWriter writer;

    LostRuns(StoreWriter writer) {
        this.writer = writer;
    }

    /** Closes them all; returns how many there were. */
    int close() throws SQLException {
        Connection connection = writer.connection();
        List<RunRows.Head> unsettled = new ArrayList<>();
        List<RunRows.End> ends = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(SELECT_RUNNING);
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                RunKey run = new RunKey(
                        row.getLong(1),
                        row.getString(2),
                        row.getString(3),
                        row.getObject(7, OffsetDateTime.class).toInstant());
                if (row.getObject(5) == null) {
                    unsettled.add(
                            new RunRows.Head(run, new RunHead(row.getString(4), null, null, null, row.getBoolean(6))));
                }
                ends.add(new RunRows.End(
                        run,
                        RunEnd.broken(RunStatus.FAILED, RunReason.GATEWAY_LOST, Instant.now()),
                        totals(connection, run.pk())));
            }
        }
        writer.inTransaction(() -> {
            raiseEpochs(connection, writer.fence().nodeId());
            writer.rows().head(unsettled);
            writer.rows().end(ends);
        });
        return ends.size();
    }

    /** From now on nothing more can be written in the name of the nodes that left these runs, should one of them come back. */
    private static void raiseEpochs(Connection connection, long ownNode) throws SQLException {
        try (PreparedStatement raise = connection.prepareStatement("""
                update node set epoch = epoch + 1 where node_id <> ?
                    and node_id in (select node_id from run where status = 'running')""")) {
            raise.setLong(1, ownNode);
            raise.executeUpdate();
        }
    }

    private static RunTotals totals(Connection connection, long pk) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(SELECT_TOTALS)) {
            select.setLong(1, pk);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return new RunTotals(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4));
            }
        }
    }
}
