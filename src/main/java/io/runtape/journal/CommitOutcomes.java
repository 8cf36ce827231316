package io.runtape.journal;

import io.runtape.journal.sql.RunWrite;
import io.runtape.run.FrameBlock;
import io.runtape.server.loop.LoopTasks;
import java.util.List;
import java.util.concurrent.Executor;
import org.jboss.logging.Logger;

/**
 * Notifies runs of the outcome of their writes, each event loop once for a commit. Confined to the committer's thread.
 */
final class CommitOutcomes {

    private static final Logger LOG = Logger.getLogger(CommitOutcomes.class);

    private final JournalMetrics metrics;
    private final CommitObserver keeper;
    private final LoopTasks loopTasks = new LoopTasks();

    CommitOutcomes(JournalMetrics metrics, CommitObserver keeper) {
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

    /** The database refuses these writes of the run. */
    void refused(RunJournal run, List<RunWrite> writes) {
        run.refused(writes, loopTasks);
        goneIfEnded(run);
    }

    /** The committer gave these writes of the run up while the database was away. */
    void givenUp(RunJournal run, List<RunWrite> writes) {
        run.givenUp(writes, loopTasks);
        goneIfEnded(run);
    }

    private void goneIfEnded(RunJournal run) {
        if (run.ended().isPresent()) {
            keeper.ended(run);
        }
    }

    /** The database has been away for too long: live runs end here, and their rows say so once it is back. */
    void abandonAll() {
        keeper.live().forEach(run -> run.abandon(loopTasks));
        loopTasks.dispatch();
    }

    /**
     * This gateway writes nothing more, not even ends. Drops pending notifications of a commit and cuts off all runs;
     * their readers find the durable frames at another gateway.
     */
    void loseAll() {
        keeper.live().forEach(CommitOutcomes::lose);
    }

    /**
     * Handles each run by itself: a fault of one run, or of its event loop, must not leave the clients of the next one
     * hanging.
     */
    private static void lose(RunJournal run) {
        try {
            LoopTasks last = new LoopTasks();
            run.lost(last);
            last.dispatch();
        } catch (Throwable e) {
            LOG.error("the readers of a run cannot be cut off", e);
        }
    }

    /** Adds a notification to those of the commit. */
    void add(Executor loop, Runnable news) {
        loopTasks.add(loop, news);
    }

    /** Hands each event loop its notifications. */
    void dispatch() {
        loopTasks.dispatch();
    }
}
