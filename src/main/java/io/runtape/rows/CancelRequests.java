package io.runtape.rows;

import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/**
 * Cancels that were asked for at another gateway than the run's, which finds them in the run's row: those that its own gateway
 * is to make, and those that passed to the agent API. Every method blocks; safe for any thread.
 */
@ApplicationScoped
public class CancelRequests {

    private final DataSource database;

    CancelRequests(DataSource database) {
        this.database = database;
    }

    /** Asks for a run's cancel; without effect once it has ended. */
    public void ask(long runPk) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement update = connection.prepareStatement(
                        "update run set cancel_requested = true where run_pk = ? and status = 'running'")) {
            update.setLong(1, runPk);
            update.executeUpdate();
        }
    }

    /**
     * Counts cancel calls of the agent API that pass through this gateway; without effect once the run has ended.
     *
     * @param more 1 for a call that begins to pass, -1 for one that was refused after all
     */
    public void passing(long runPk, int more) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement update = connection.prepareStatement(
                        "update run set cancels_passing = cancels_passing + ? where run_pk = ? and status = 'running'")) {
            update.setInt(1, more);
            update.setLong(2, runPk);
            update.executeUpdate();
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

    /** The keys of a node's live runs that are to be cancelled, over a connection of the caller's. */
    public static List<Long> of(Connection connection, long nodeId) throws SQLException {
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
