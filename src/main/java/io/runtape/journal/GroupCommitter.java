package io.runtape.journal;

import io.runtape.journal.sql.BatchWriter;
import io.runtape.journal.sql.RunWrite;
import io.runtape.store.SqlFault;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Commits the waiting writes of all runs as one transaction, and then everything that came meanwhile. So an idle
 * committer commits a lone frame at once, and a busy one forms batches. Between commits it rests as its {@link
 * CommitPace} says.
 *
 * <p>While the database is away it keeps the current batch ({@link StoreOutage}). {@link UncommittedBudget} bounds how
 * many bytes may wait, during an outage and at all times.
 *
 * <p>One thread commits; the methods for other code are safe for any thread.
 */
final class GroupCommitter {

    private static final Logger LOG = Logger.getLogger(GroupCommitter.class);

    /** A commit that takes longer counts as an outage of the database. */
    private static final Duration STALL = Duration.ofSeconds(2);

    /** How often to try a transaction that conflicts with another one. */
    private static final int TRIES = 5;

    /**
     * Bytes of one batch: a sixty-fourth of the heap, 16 MiB at most. H2 holds them several times during the commit: as
     * values, as pages and as written bytes. Not a constant: a native image would take the heap of the build machine.
     */
    final long batchBytesMax = Math.min(16L << 20, Runtime.getRuntime().maxMemory() / 64);

    private final JournalMetrics metrics;
    private final CommitObserver keeper;
    private final CommitOutcomes outcomes;
    private final Queue<RunJournal> queue = new ConcurrentLinkedQueue<>();
    private final UncommittedBudget room;
    private final StoreOutage outage;
    private final CompletableFuture<Void> rehearsed = new CompletableFuture<>();
    private final CommitterTime time;
    private final Thread thread;
    private volatile boolean idle;
    private volatile boolean stopping;
    private volatile long commitBeganNanos;
    /** No commit of this node can succeed any more. */
    private volatile boolean dead;

    /** Set before the thread starts; afterwards only that thread uses it. */
    private @Nullable StoreLink link;

    /** The same. */
    private @Nullable CommitPace pace;

    /**
     * @param storeTimeout how long the database may be away before the live runs are given up
     * @param keeper is notified of the outcome of runs
     */
    GroupCommitter(JournalMetrics metrics, Duration storeTimeout, CommitObserver keeper) {
        this(metrics, storeTimeout, keeper, CommitterTime.SYSTEM, work -> new Thread(work, "runtape-committer"));
    }

    /** @param threads makes the one thread; {@link #start} starts it */
    GroupCommitter(
            JournalMetrics metrics,
            Duration storeTimeout,
            CommitObserver keeper,
            CommitterTime time,
            ThreadFactory threads) {
        this.metrics = metrics;
        this.keeper = keeper;
        this.time = time;
        this.outcomes = new CommitOutcomes(metrics, keeper);
        this.room = new UncommittedBudget(metrics);
        this.outage = new StoreOutage(time, storeTimeout, () -> stopping, outcomes::abandonAll);
        this.thread = threads.newThread(this::commitAll);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((t, e) -> died(e));
        metrics.countOutages(this::stalledNanos);
    }

    /** Begins to commit, over the connection that opened the database. */
    void start(BatchWriter first, CommitPace chosen) {
        pace = chosen;
        link = new StoreLink(first);
        thread.start();
    }

    /** Commits the waiting writes and ends, within this time. */
    void stop(Duration within) {
        stopping = true;
        LockSupport.unpark(thread);
        try {
            thread.join(within.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** How long the current commit has been held up; 0 if it is not held up. */
    private long stalledNanos() {
        long began = commitBeganNanos;
        long lasting = began == 0 ? 0 : time.nanoTime() - began;
        return lasting > STALL.toNanos() ? lasting : 0;
    }

    /** Whether the database takes commits, as far as this gateway knows. */
    boolean available() {
        return !dead && !outage.isLasting() && stalledNanos() == 0;
    }

    /** Whether it can still commit: not if its thread has died, or if its node is closed. */
    boolean canCommit() {
        return !dead && (stopping || thread.getState() != Thread.State.TERMINATED);
    }

    void enqueue(RunJournal run) {
        queue.add(run);
        if (idle) {
            LockSupport.unpark(thread);
        }
    }

    /** The budget of the bytes that may wait. */
    UncommittedBudget room() {
        return room;
    }

    /** Completes when the committer has rehearsed its statements, or could not. */
    CompletionStage<Void> rehearsed() {
        return rehearsed;
    }

    private void commitAll() {
        rehearse();
        while (awaitWork()) {
            commitNext();
        }
        link().close();
    }

    /** Waits until there is something to commit; false if it stops instead. */
    private boolean awaitWork() {
        while (queue.isEmpty()) {
            if (stopping) {
                return false;
            }
            idle = true;
            if (queue.isEmpty()) {
                time.passUntilWoken();
            }
            idle = false;
        }
        return true;
    }

    /**
     * Commits the waiting writes, up to the size of one batch, notifies the runs of the outcome, and rests as its pace
     * says.
     */
    void commitNext() {
        RunBatch batch = gather();
        long began = time.nanoTime();
        commit(batch);
        room.callThoseWithRoom(outcomes::add);
        outcomes.dispatch();
        rest(time.nanoTime() - began, batch.rows().frames());
    }

    private void rehearse() {
        try {
            link().writer().rehearse();
        } catch (SQLException | RuntimeException e) {
            LOG.debugf(e, "the statements of a commit could not be rehearsed");
        }
        rehearsed.complete(null);
    }

    private void rest(long commitNanos, int frames) {
        long nanos = Objects.requireNonNull(pace).restNanos(commitNanos, frames);
        if (nanos > 0 && !stopping) {
            time.pass(nanos);
        }
    }

    private RunBatch gather() {
        RunBatch batch = new RunBatch();
        RunJournal run = queue.poll();
        while (run != null) {
            RunWrite write = run.take();
            if (write != null) {
                batch.add(run, write);
            }
            run = batch.hasRoom(batchBytesMax) ? queue.poll() : null;
        }
        return batch;
    }

    private void commit(RunBatch batch) {
        if (batch.size() == 0 || dead) {
            return;
        }
        long began = time.nanoTime();
        commitBeganNanos = began;
        if (written(batch)) {
            outcomes.durable(batch, time.nanoTime() - began);
        }
        commitBeganNanos = 0;
        long lasted = time.nanoTime() - began;
        if (lasted > STALL.toNanos()) {
            metrics.outage(lasted);
        }
    }

    /** Whether the batch is durable; if not, everything else has been done with it. */
    private boolean written(RunBatch batch) {
        try {
            write(batch);
            return true;
        } catch (SQLException e) {
            return !refused(batch, e) && outlasted(batch, e);
        } catch (RuntimeException e) {
            // A fault of the gateway must not stop the commits of all other runs. The tables show what became of this
            // commit.
            LOG.error("a commit failed in the gateway itself", e);
            return outlasted(batch, e);
        }
    }

    /** Whether the database refuses this batch or this node; if so, the refusal has been handled. */
    private boolean refused(RunBatch batch, SQLException e) {
        if (SqlFault.isOfAClosedNode(e)) {
            fencedOff();
        } else if (SqlFault.isOfTheData(e)) {
            split(batch, e.getSQLState());
        } else {
            return false;
        }
        return true;
    }

    /** Waits until the database is back; returns whether the batch is durable then. */
    private boolean outlasted(RunBatch batch, Exception cause) {
        try {
            return switch (outage.rideOut(link(), batch.rows(), cause, commitBeganNanos)) {
                case WRITTEN -> true;
                case GIVEN_UP -> {
                    batch.byRun().forEach(outcomes::givenUp);
                    yield false;
                }
                case LEFT -> {
                    // What comes behind it must not be written either: it would count the frames of this one.
                    dead = true;
                    yield false;
                }
            };
        } catch (SQLException e) {
            if (!refused(batch, e)) {
                split(batch, e.getSQLState());
            }
            return false;
        }
    }

    private void write(RunBatch batch) throws SQLException {
        for (int tries = 1; ; tries++) {
            try {
                link().writer().write(batch.rows());
                return;
            } catch (SQLException e) {
                if (!SqlFault.isOfTheMoment(e) || tries == TRIES) {
                    throw e;
                }
            }
        }
    }

    /** Another gateway has closed this one's runs: this gateway can only end. */
    private void fencedOff() {
        dead = true;
        outcomes.loseAll();
        keeper.takenOver();
    }

    /**
     * The thread ends by an error, or by a fault in the notifications of a commit. It is unknown which listeners have
     * got the last commit. Clients that are cut off come back, and are served from the database.
     */
    private void died(Throwable fault) {
        dead = true;
        try {
            outcomes.loseAll();
        } finally {
            keeper.died(fault);
        }
    }

    private StoreLink link() {
        return Objects.requireNonNull(link);
    }

    /**
     * The database refuses something in the batch: commits each run by itself, so that only the faulty run fails. All
     * writes of that run in the batch are dropped, since a write after a refused one would follow a gap.
     */
    private void split(RunBatch batch, String sqlState) {
        Map<RunJournal, List<RunWrite>> byRun = batch.byRun();
        if (byRun.size() > 1) {
            byRun.forEach((run, writes) -> commit(RunBatch.of(run, writes)));
            commitBeganNanos = time.nanoTime();
            return;
        }
        byRun.forEach((faulty, writes) -> {
            // The message may quote the refused values, so the log has only its code.
            LOG.errorf(
                    "run %s ends: the database refuses its data (SQLSTATE %s)",
                    faulty.start().id(), sqlState);
            outcomes.refused(faulty, writes);
        });
    }
}
