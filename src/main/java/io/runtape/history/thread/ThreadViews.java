package io.runtape.history.thread;

import io.runtape.access.Owner;
import io.runtape.journal.Journal;
import io.runtape.journal.RunJournal;
import io.runtape.run.AgentThread;
import io.runtape.run.FrameReader;
import io.runtape.search.Highlight;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Completes the rows of threads with the totals over their runs, live runs included. Blocks; safe for any thread. */
@Singleton
final class ThreadViews {

    private final ThreadCounts counts;
    private final FrameReader frames;
    private final Journal journal;

    ThreadViews(ThreadCounts counts, FrameReader frames, Journal journal) {
        this.counts = counts;
        this.frames = frames;
        this.journal = journal;
    }

    ThreadView of(Owner owner, AgentThread thread) throws SQLException {
        return of(owner, List.of(ListedThread.of(thread))).get(0);
    }

    List<ThreadView> of(Owner owner, List<ListedThread> rows) throws SQLException {
        return of(owner, rows, Map.of());
    }

    /** @param highlights where the words of a search were found, by the ids of the threads */
    List<ThreadView> of(Owner owner, List<ListedThread> rows, Map<String, List<Highlight>> highlights)
            throws SQLException {
        Map<String, ThreadCounts.Counts> totals =
                counts.of(owner, rows.stream().map(ListedThread::id).toList());
        List<ThreadView> views = new ArrayList<>(rows.size());
        for (ListedThread row : rows) {
            views.add(view(row, totals.getOrDefault(row.id(), ThreadCounts.Counts.NONE), highlights.get(row.id())));
        }
        return views;
    }

    private ThreadView view(ListedThread row, ThreadCounts.Counts total, @Nullable List<Highlight> highlight)
            throws SQLException {
        long events = total.events();
        for (long runPk : total.running()) {
            events += events(runPk);
        }
        return new ThreadView(
                row.id(),
                row.title(),
                row.agent(),
                row.archived(),
                row.createdAt(),
                row.updatedAt(),
                total.runs(),
                events,
                total.lastStatus(),
                highlight);
    }

    private long events(long runPk) throws SQLException {
        Optional<RunJournal> live = journal.live(runPk);
        return live.isPresent()
                ? live.get().durable().events()
                : frames.totals(runPk).events();
    }
}
