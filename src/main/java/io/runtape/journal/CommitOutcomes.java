package io.runtape.journal;

import io.runtape.journal.sql.RunWrite;
import io.runtape.run.FrameBlock;
import io.runtape.server.loop.LoopTasks;
import java.util.List;
import java.util.concurrent.Executor;
import org.jboss.logging.Logger;

/** Tells runs what became of their writes, each event loop once a commit. Confined to the committer's thread. */
final class CommitOutcomes {

    private static final Logger LOG = Logger.getLogger(CommitOutcomes.class);

    private final JournalMetrics metrics;
    private final RunKeeper keeper;
    private final LoopTasks loopTasks = new LoopTasks();

    CommitOutcomes(JournalMetrics metrics, RunKeeper keeper) {
        this.metrics = metrics;
        this.keeper = keeper;
    }

    /** The batch is durable. */
    void durable(RunBatch batch, long tookNanos) {
        long now = System.nanoTime();
        metrics.committed(batch.rows(), tookNanos);
        batch.forEach((run, write) -> {
            if (batch.isKeyTaken(run)) {
                run.keyTaken(loopTasks);
                keeper.ended(run);
                return;
            }
            FrameBlock frames = write.frames();
            if (frames != null) {
                frames.committedAt(now);
            }
            run.committed(write, loopTasks);
            keeper.written(write);
            if (write.end() != null) {
                keeper.ended(run);
            }
        });
    }

    /** The database refuses what these writes hold of the run. */
    void refused(RunJournal run, List<RunWrite> writes) {
        run.refused(writes, loopTasks);
        goneIfEnded(run);
    }

    /** These writes of the run were given up while the database was away. */
    void givenUp(RunJournal run, List<RunWrite> writes) {
        run.givenUp(writes, loopTasks);
        goneIfEnded(run);
    }

    private void goneIfEnded(RunJournal run) {
        if (run.ended().isPresent()) {
            keeper.ended(run);
        }
    }

    /** The database has been away for too long: live runs end here, and their rows say so when it is back. */
    void abandonAll() {
        keeper.live().forEach(run -> run.abandon(loopTasks));
        loopTasks.dispatch();
    }

    /**
     * Nothing more is written here, not even ends. What may be left of the news of a commit that was cut short goes with it: all
     * runs are cut off, and whoever reads them finds at another gateway what is durable.
     */
    void loseAll() {
        keeper.live().forEach(CommitOutcomes::lose);
    }

    /** Each by itself: a fault of one run, or of its event loop, must not leave the clients of the next hanging. */
    private static void lose(RunJournal run) {
        try {
            LoopTasks last = new LoopTasks();
            run.lost(last);
            last.dispatch();
        } catch (Throwable e) {
            LOG.error("a reader cannot be told that its run is lost", e);
        }
    }

    /** Adds some news to those of the commit. */
    void add(Executor loop, Runnable news) {
        loopTasks.add(loop, news);
    }

    /** Hands each event loop what it is to hear. */
    void dispatch() {
        loopTasks.dispatch();
    }
}
