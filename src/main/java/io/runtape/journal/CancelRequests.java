package io.runtape.journal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Cancels that were asked for at another gateway than the run's, which finds them in the run's row. */
public final class CancelRequests {

    private CancelRequests() {}

    /** Asks for a run's cancel; without effect once it has ended. */
    static void ask(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "update run set cancel_requested = true where run_pk = ? and status = 'running'")) {
            update.setLong(1, runPk);
            update.executeUpdate();
        }
    }

    /** The keys of a node's live runs that are to be cancelled. */
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
