package io.runtape.cancel;

import io.runtape.cluster.BeatTask;
import io.runtape.journal.Journal;
import io.runtape.store.Engine;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Cancels runs at the gateway that records them. A run of this gateway is cancelled at once. For a run of another
 * gateway, this one writes a note to the run's row and notifies that gateway. If the notification is lost, that gateway
 * finds the note with its next beat. Safe for any thread.
 */
@Singleton
final class RunCancels implements BeatTask {

    private final CancelRequests requests;
    private final Journal journal;

    RunCancels(CancelRequests requests, Journal journal) {
        this.requests = requests;
        this.journal = journal;
    }

    /**
     * Cancels a run; does nothing if it has ended. Blocks, but does not wait for the run's end.
     *
     * @throws SQLException if the run is another gateway's and the database does not answer
     */
    void cancel(long runPk) throws SQLException {
        if (journal.unended(runPk).isPresent()) {
            journal.cancelHere(runPk);
        } else if (!journal.owns(runPk)) {
            requests.ask(runPk);
            journal.cancelAsked(runPk);
        }
    }

    /** Whether the run goes on, as far as readers are told; its row may have the end already. Blocks. */
    boolean isLive(long runPk) throws SQLException {
        return journal.unended(runPk).isPresent() || requests.isRunning(runPk);
    }

    @Override
    public void afterBeat(Connection connection, Engine engine) throws SQLException {
        CancelRequests.of(connection, engine, journal.nodeId()).forEach(journal::cancelHere);
    }
}
