package io.runtape.cluster;

import io.runtape.journal.sql.RunRows;
import io.runtape.run.FrameCount;
import io.runtape.run.FrameReader;
import io.runtape.run.RunEnd;
import io.runtape.run.RunHead;
import io.runtape.run.RunKey;
import io.runtape.run.RunName;
import io.runtape.run.RunReason;
import io.runtape.run.RunStatus;
import io.runtape.run.RunTotals;
import io.runtape.run.ThreadTitle;
import io.runtape.store.Engine;
import io.runtape.store.Transaction;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Closes the runs of a dead gateway as failed, {@code gateway_lost}, with the totals of their frames
 * (docs/reference/http-api.md, "What you may rely on"). Close their node before, so that it cannot write more frames of
 * them.
 */
final class LostRuns {

    private static final Logger LOG = Logger.getLogger(LostRuns.class);

    /** Runs in one transaction: it locks rows of threads that other gateways may want to write. */
    private static final int AT_ONCE = 100;

    private static final String SELECT_RUNNING = """
            select run_pk, owner, agent, thread_id, thread_ordinal, stream, created_at,
                substring(prompt, 1, %d), id
            from run where status = 'running' and node_id = ? order by run_pk limit ? for update""".formatted(ThreadTitle.PROMPT_CHARS);

    private final Connection connection;
    private final RunRows rows;

    /** @param connection in auto-commit mode */
    LostRuns(Connection connection, Engine engine) {
        this.connection = connection;
        this.rows = RunRows.of(engine, connection);
    }

    /** Closes all live runs of a node and returns their number. Two gateways that do so at once close each run once. */
    int close(long nodeId) throws SQLException {
        int closed = 0;
        int last;
        do {
            last = closeSome(nodeId);
            closed += last;
        } while (last == AT_ONCE);
        return closed;
    }

    private int closeSome(long nodeId) throws SQLException {
        return Transaction.in(connection, () -> {
            List<RunRows.Head> unsettled = new ArrayList<>();
            List<RunRows.End> ends = new ArrayList<>();
            select(nodeId, unsettled, ends);
            rows.head(unsettled);
            rows.end(ends);
            rows.send();
            return ends.size();
        });
    }

    private void select(long nodeId, List<RunRows.Head> unsettled, List<RunRows.End> ends) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(SELECT_RUNNING)) {
            select.setLong(1, nodeId);
            select.setInt(2, AT_ONCE);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    RunKey run = new RunKey(
                            row.getLong(1),
                            row.getString(2),
                            row.getString(3),
                            ThreadTitle.of(row.getString(8)),
                            row.getObject(7, OffsetDateTime.class).toInstant());
                    if (row.getObject(5) == null) {
                        unsettled.add(new RunRows.Head(run, RunHead.none(row.getString(4), row.getBoolean(6))));
                    }
                    ends.add(new RunRows.End(
                            run,
                            RunEnd.broken(RunStatus.FAILED, RunReason.GATEWAY_LOST, run.now()),
                            totals(run.pk(), RunName.of(row.getString(9), run.owner())),
                            null));
                }
            }
        }
    }

    /** A run whose frames cannot all be read ends with those before: the other runs of its gateway are closed with it. */
    private RunTotals totals(long runPk, String name) throws SQLException {
        FrameCount count = FrameReader.count(connection, runPk);
        if (count.damage() != null) {
            LOG.errorf(
                    count.damage(),
                    "%s is closed with the %d frames that can be read",
                    name,
                    count.totals().frames());
        }
        return count.totals();
    }
}
