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
 * Commits what waits, of all runs, as one transaction, and then whatever came meanwhile: an idle committer commits a lone
 * frame at once, a busy one batches by itself, and rests between commits as its {@link CommitPace} says.
 *
 * <p>While the database is away it keeps the batch in hand ({@link StoreOutage}). How much may wait, then and at all times,
 * is bounded by {@link UncommittedBudget}.
 *
 * <p>One thread commits; what others call is safe for any thread.
 */
final class GroupCommitter {

    private static final Logger LOG = Logger.getLogger(GroupCommitter.class);

    /** A commit that takes longer counts as a store that does not answer. */
    private static final Duration STALL = Duration.ofSeconds(2);

    /** How often a transaction is tried that another one gets in the way of. */
    private static final int TRIES = 5;

    /**
     * Bytes of one batch: a sixty-fourth of the heap, 16 MiB at most. H2 holds them several times over while it commits them:
     * as values, as pages and as what it writes. Not a constant of the class: a native image would take the heap of the
     * machine it was built on.
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

    /** Set before the thread starts, and its own from then on. */
    private @Nullable StoreLink link;

    /** Likewise. */
    private @Nullable CommitPace pace;

    /**
     * @param storeTimeout how long the database may be away before the live runs are given up
     * @param keeper hears what becomes of runs
     */
    GroupCommitter(JournalMetrics metrics, Duration storeTimeout, CommitObserver keeper) {
        this(metrics, storeTimeout, keeper, CommitterTime.SYSTEM, work -> new Thread(work, "runtape-committer"));
    }

    /** @param threads makes the one thread, which is not started before {@link #start} */
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

    /** Begins to commit, over the connection that the store was opened with. */
    void start(BatchWriter first, CommitPace chosen) {
        pace = chosen;
        link = new StoreLink(first);
        thread.start();
    }

    /** Commits what waits and ends, within the time. */
    void stop(Duration within) {
        stopping = true;
        LockSupport.unpark(thread);
        try {
            thread.join(within.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** How long the commit that is under way has been held up; 0 where it has not. */
    private long stalledNanos() {
        long began = commitBeganNanos;
        long lasting = began == 0 ? 0 : time.nanoTime() - began;
        return lasting > STALL.toNanos() ? lasting : 0;
    }

    /** Whether the database takes commits, as far as is known. */
    boolean available() {
        return !dead && !outage.isLasting() && stalledNanos() == 0;
    }

    /** Whether it commits, or will: not where its thread has died, or its node is closed. */
    boolean canCommit() {
        return !dead && (stopping || thread.getState() != Thread.State.TERMINATED);
    }

    void enqueue(RunJournal run) {
        queue.add(run);
        if (idle) {
            LockSupport.unpark(thread);
        }
    }

    /** How much may wait. */
    UncommittedBudget room() {
        return room;
    }

    /** Completes when the statements have run once, with nothing to show for it, or could not. */
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

    /** Waits until something is to be committed; false where it stops instead. */
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

    /** Commits what waits, as far as one batch goes, tells what became of it, and rests as its pace says. */
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
            LOG.debugf(e, "the statements of a commit could not be tried");
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

    /** Whether the batch is durable; what else is to be done with it has been done where it is not. */
    private boolean written(RunBatch batch) {
        try {
            write(batch);
            return true;
        } catch (SQLException e) {
            return !refused(batch, e) && outlasted(batch, e);
        } catch (RuntimeException e) {
            // A fault of ours must not stop the commits of all other runs. What became of this one, the tables say.
            LOG.error("a commit failed in the gateway itself", e);
            return outlasted(batch, e);
        }
    }

    /** Whether it is this batch, or this node, that the database will not have; then that has been seen to. */
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

    /** The database is away: whether the batch is durable now that it is back. */
    private boolean outlasted(RunBatch batch, Exception cause) {
        try {
            return switch (outage.rideOut(link(), batch.rows(), cause, commitBeganNanos)) {
                case WRITTEN -> true;
                case GIVEN_UP -> {
                    batch.byRun().forEach(outcomes::givenUp);
                    yield false;
                }
                case LEFT -> false;
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

    /** Another gateway has closed this one's runs: this one can only end. */
    private void fencedOff() {
        dead = true;
        outcomes.loseAll();
        keeper.takenOver();
    }

    /**
     * By an error, or by a fault in telling what is durable: who has heard of the last commit, and who has not, nobody knows.
     * Clients that are cut off come back, and are told from what is stored.
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
     * The database refuses something in the batch: each run by itself, so that only the faulty one fails. All that the batch holds
     * of it goes, for what follows a write that was refused would follow a gap.
     */
    private void split(RunBatch batch, String sqlState) {
        Map<RunJournal, List<RunWrite>> byRun = batch.byRun();
        if (byRun.size() > 1) {
            byRun.forEach((run, writes) -> commit(RunBatch.of(run, writes)));
            commitBeganNanos = time.nanoTime();
            return;
        }
        byRun.forEach((faulty, writes) -> {
            // The message may quote what was refused, so only its code is logged.
            LOG.errorf(
                    "run %s ends: the database refuses what is to be stored of it (SQLSTATE %s)",
                    faulty.start().id(), sqlState);
            outcomes.refused(faulty, writes);
        });
    }
}
