package io.runtape.cancel;

import io.runtape.store.Engine;
import io.runtape.store.Transaction;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;

/**
 * Cancels that were asked for at another gateway than the run's, which finds them in the run's row: those that its own gateway
 * is to make, and those that passed to the agent API. Every method blocks; safe for any thread.
 */
@ApplicationScoped
public class CancelRequests {

    private static final String COUNT =
            "update run set cancels_passing = cancels_passing + 1 where run_pk = ? and status = 'running'";

    /** PostgreSQL manual, appendix A. */
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private static final int LOCK_PATIENCE_MILLIS = 100;

    private final DataSource database;

    CancelRequests(DataSource database) {
        this.database = database;
    }

    /** Asks for a run's cancel; without effect once it has ended. */
    public void ask(long runPk) throws SQLException {
        try (Connection connection = database.getConnection()) {
            update(connection, "update run set cancel_requested = true where run_pk = ? and status = 'running'", runPk);
        }
    }

    /**
     * Counts a cancel call of the agent API that is about to pass through this gateway; without effect once the run has ended.
     *
     * @param decision asked once, when all but the commit is done, however long that took: whether the call is counted
     * @return whether it counts
     * @throws SQLException where it does not count, unless the commit itself went unanswered: then it may
     */
    public boolean passing(long runPk, BooleanSupplier decision) throws SQLException {
        try (Connection connection = database.getConnection()) {
            return Transaction.in(connection, () -> {
                boolean counts = update(connection, COUNT, runPk) == 1 && decision.getAsBoolean();
                if (!counts) {
                    connection.rollback();
                }
                return counts;
            });
        }
    }

    /** A cancel call that was counted, or may have been, has been refused after all; without effect once the run has ended. */
    public void refused(long runPk) throws SQLException {
        try (Connection connection = database.getConnection()) {
            update(
                    connection,
                    "update run set cancels_passing = cancels_passing - 1"
                            + " where run_pk = ? and status = 'running' and cancels_passing > 0",
                    runPk);
        }
    }

    private static int update(Connection connection, String sql, long runPk) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setLong(1, runPk);
            return update.executeUpdate();
        }
    }

    /** Whether a cancel call has passed through another gateway than the run's, or is passing. */
    public boolean isPassing(long runPk) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select =
                        connection.prepareStatement("select 1 from run where run_pk = ? and cancels_passing > 0")) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    /**
     * The keys of a node's live runs that are to be cancelled, over a connection of the caller's. None where somebody keeps the
     * table locked on PostgreSQL: whoever looks has other things to do than to wait for it, and looks again. H2 has no lock that
     * a reader waits for.
     */
    static List<Long> of(Connection connection, Engine engine, long nodeId) throws SQLException {
        if (engine == Engine.H2) {
            return of(connection, nodeId);
        }
        try {
            return Transaction.in(connection, () -> {
                try (Statement set = connection.createStatement()) {
                    set.execute("set local lock_timeout = '" + LOCK_PATIENCE_MILLIS + "ms'");
                }
                return of(connection, nodeId);
            });
        } catch (SQLException e) {
            if (LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                return List.of();
            }
            throw e;
        }
    }

    private static List<Long> of(Connection connection, long nodeId) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "select run_pk from run where status = 'running' and cancel_requested and node_id = ?")) {
            select.setLong(1, nodeId);
            try (ResultSet row = select.executeQuery()) {
                List<Long> runs = new ArrayList<>();
                while (row.next()) {
                    runs.add(row.getLong(1));
                }
                return runs;
            }
        }
    }
}
