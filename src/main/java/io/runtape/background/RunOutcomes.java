package io.runtape.background;

import io.runtape.run.RunEnd;
import io.runtape.run.RunOutcome;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Writes the outcomes of runs in the background to their rows. The journal is done with such a row: the run ended with its
 * call. Raw JDBC, so that one statement decides which of several calls was first. Blocks; safe for any thread.
 */
@Singleton
final class RunOutcomes {

    private final DataSource database;

    RunOutcomes(DataSource database) {
        this.database = database;
    }

    /**
     * Writes the outcome, unless the run has one already or was deleted. When the call ended stays as it is. What was derived
     * from the run is derived anew.
     *
     * @return whether it is written
     */
    boolean write(BackgroundRun run, RunEnd end) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement update = connection.prepareStatement("""
                        update run set status = ?, reason = ?, model = coalesce(?, model), finish_reason = ?, result = ?,
                            usage = ?, error = ?, indexed_at = null
                        where run_pk = ? and status = 'completed' and finish_reason in ('queued', 'in_progress')""")) {
            RunOutcome outcome = end.outcome();
            update.setString(1, end.status().label());
            update.setString(2, end.reason() == null ? null : end.reason().label());
            update.setString(3, outcome.model());
            update.setString(4, outcome.finishReason());
            update.setString(5, outcome.result());
            update.setString(6, outcome.usage());
            update.setString(7, outcome.error());
            update.setLong(8, run.runPk());
            return update.executeUpdate() == 1;
        }
    }
}
