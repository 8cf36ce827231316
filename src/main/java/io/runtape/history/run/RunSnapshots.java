package io.runtape.history.run;

import io.runtape.access.Owner;
import io.runtape.error.ApiException;
import io.runtape.journal.Journal;
import io.runtape.journal.RunJournal;
import io.runtape.run.FrameReader;
import io.runtape.run.Run;
import io.runtape.search.Highlight;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Completes the rows of live runs with what the journal knows. For a reader a run has ended once its end is durable; on
 * H2 the row has the end a moment earlier. Blocks; safe for any thread.
 */
@Singleton
public final class RunSnapshots {

    private final Journal journal;
    private final RunQueries runs;
    private final FrameReader frames;

    RunSnapshots(Journal journal, RunQueries runs, FrameReader frames) {
        this.journal = journal;
        this.runs = runs;
        this.frames = frames;
    }

    /**
     * The owner's run of this id, Runtape's or the agent API's, as it is at this moment.
     *
     * @throws ApiException 404 if there is no such run
     */
    public RunSnapshot require(Owner owner, String id) throws SQLException {
        return of(runs.require(owner, id)).orElseThrow(() -> ApiException.notFound("run"));
    }

    /** The run as it is at this moment; empty if it was deleted after the read of its row. */
    public Optional<RunSnapshot> of(Run row) throws SQLException {
        Optional<RunJournal> live = journal.unended(row.runPk);
        if (live.isPresent()) {
            return Optional.of(new RunSnapshot(row, live.get().durable()));
        }
        if (!row.running()) {
            return Optional.of(new RunSnapshot(row, null));
        }
        // Either the run ended after the read of its row, or the database refused its end and the next start will close
        // it.
        Optional<Run> again = runs.findByIdOptional(row.runPk);
        if (again.isEmpty()) {
            return Optional.empty();
        }
        Run now = again.get();
        return Optional.of(new RunSnapshot(now, now.running() ? frames.totals(now.runPk) : null));
    }

    /** All of these runs that still exist, as they are at this moment. */
    public List<RunView> views(List<Run> rows) throws SQLException {
        return views(rows, Map.of());
    }

    /** @param highlights where the words of a search were found, by the keys of the runs */
    List<RunView> views(List<Run> rows, Map<Long, List<Highlight>> highlights) throws SQLException {
        List<RunView> views = new ArrayList<>(rows.size());
        for (Run row : rows) {
            of(row).map(run -> RunView.of(run, highlights.get(row.runPk))).ifPresent(views::add);
        }
        return views;
    }
}
