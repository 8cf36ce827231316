package io.runtape.cancel;

import io.runtape.cluster.BeatTask;
import io.runtape.journal.Journal;
import io.runtape.store.Engine;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Cancels runs at whichever gateway they are recorded: at once where that is this one, else by a note in the run's row, which the
 * other gateway is told of, and finds with its next beat where it was not. Safe for any thread.
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
     * Cancels a run; nothing happens where it has ended. Blocks, and does not wait for the run's end.
     *
     * @throws SQLException where the run is another gateway's and the database does not answer
     */
    void cancel(long runPk) throws SQLException {
        if (journal.unended(runPk).isPresent()) {
            journal.cancelHere(runPk);
        } else if (!journal.owns(runPk)) {
            requests.ask(runPk);
            journal.cancelAsked(runPk);
        }
    }

    @Override
    public void afterBeat(Connection connection, Engine engine) throws SQLException {
        CancelRequests.of(connection, engine, journal.nodeId()).forEach(journal::cancelHere);
    }
}
