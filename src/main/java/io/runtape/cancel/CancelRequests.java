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
 * Cancel requests that reach another gateway than the run's own; the run's gateway finds them in the run's row. The row
 * holds both requests that the run's gateway must carry out, and cancel calls that passed to the agent API. Every
 * method blocks; safe for any thread.
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

    /** Requests a run's cancel; without effect once the run has ended. */
    public void ask(long runPk) throws SQLException {
        try (Connection connection = database.getConnection()) {
            update(connection, "update run set cancel_requested = true where run_pk = ? and status = 'running'", runPk);
        }
    }

    /**
     * Counts a cancel call to the agent API that is about to pass through this gateway; without effect once the run has
     * ended.
     *
     * @param decision called once, right before the commit, however long the earlier steps took: whether to count the
     *     call
     * @return whether the call counts
     * @throws SQLException if the call does not count; but if the commit itself got no answer, the call may count
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

    /** The agent API has refused a cancel call that counts or may count; without effect once the run has ended. */
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

    /** Whether the run's row has no end yet; false also if there is no such run. */
    public boolean isRunning(long runPk) throws SQLException {
        return finds("select 1 from run where run_pk = ? and status = 'running'", runPk);
    }

    /** Whether a cancel call has passed, or is passing, through another gateway than the run's. */
    public boolean isPassing(long runPk) throws SQLException {
        return finds("select 1 from run where run_pk = ? and cancels_passing > 0", runPk);
    }

    private boolean finds(String sql, long runPk) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(sql)) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    /**
     * The keys of a node's live runs that are to be cancelled, read over the caller's connection. Returns none if
     * another session has locked the table on PostgreSQL: the caller must not wait for the lock, and tries again later.
     * On H2 no lock makes a reader wait.
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
