package io.runtape.journal;

import io.quarkus.runtime.Quarkus;
import io.runtape.model.Store;
import io.runtape.model.StoreTakenException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Iterator;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Commits what waits, of all runs, as one transaction, and then whatever came meanwhile: an idle committer commits a lone
 * frame at once, a busy one batches by itself, and no timer is involved.
 *
 * <p>While the database is away it keeps the batch in hand. When the database is back, a batch whose outcome is unknown is
 * settled by what the tables hold, never written twice and never skipped; past {@code RUNTAPE_STORE_TIMEOUT} the live runs
 * are given up.
 *
 * <p>One thread commits; {@link #enqueue} and the bounds are safe for any thread.
 */
final class GroupCommitter {

    private static final Logger LOG = Logger.getLogger(GroupCommitter.class);

    /** A commit that takes longer counts as a store that does not answer. */
    private static final Duration STALL = Duration.ofSeconds(2);

    /** How often a transaction is tried that another one gets in the way of. */
    private static final int TRIES = 5;

    private static final Duration RETRY_FIRST = Duration.ofMillis(50);
    private static final Duration RETRY_LONGEST = Duration.ofSeconds(1);

    /**
     * Bytes of finished frames, of all runs, that may wait for their commit or on the way to readers: an eighth of the heap,
     * 64 MiB at most. Not a constant of the class: a native image would take the heap of the machine it was built on.
     */
    private final long uncommittedMax = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 8);

    private final Store store;
    private final JournalMetrics metrics;
    private final Duration storeTimeout;
    private final Consumer<RunWrite> onWritten;
    private final Consumer<RunJournal> onEnded;
    private final Consumer<Deliveries> onTimeout;
    private final Queue<RunJournal> queue = new ConcurrentLinkedQueue<>();
    private final Set<RunJournal> waitingForRoom = ConcurrentHashMap.newKeySet();
    private final AtomicLong uncommitted = new AtomicLong();
    private final Deliveries deliveries = new Deliveries();
    private final Thread thread = new Thread(this::commitAll, "runtape-committer");
    private volatile boolean idle;
    private volatile boolean stopping;
    private volatile long commitBeganNanos;
    private volatile boolean away;
    /** No commit of this node can succeed any more. */
    private volatile boolean dead;

    private @Nullable StoreWriter writer;
    private @Nullable NodeFence fence;

    /**
     * @param onWritten hears of each write that is durable
     * @param onEnded hears of each run whose end is durable or given up
     * @param onTimeout gives up the live runs when the store has been away for too long
     */
    GroupCommitter(
            Store store,
            JournalMetrics metrics,
            Duration storeTimeout,
            Consumer<RunWrite> onWritten,
            Consumer<RunJournal> onEnded,
            Consumer<Deliveries> onTimeout) {
        this.store = store;
        this.metrics = metrics;
        this.storeTimeout = storeTimeout;
        this.onWritten = onWritten;
        this.onEnded = onEnded;
        this.onTimeout = onTimeout;
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((t, e) -> {
            LOG.fatal("the committer has ended, nothing more is recorded", e);
            dead = true;
        });
        metrics.gauge(
                "runtape.uncommitted.bytes",
                "Bytes of frames that wait for their commit or are on the way to readers",
                uncommitted::get);
        metrics.countOutages(this::stalledNanos);
        metrics.gauge(
                "runtape.upstreams.paused",
                "Runs whose agent API is not read because too much waits for its commit",
                waitingForRoom::size);
    }

    /** Begins to commit, over the connection that the store was opened with. */
    void start(StoreWriter first) {
        writer = first;
        fence = first.fence();
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
        long lasting = began == 0 ? 0 : System.nanoTime() - began;
        return lasting > STALL.toNanos() ? lasting : 0;
    }

    /** Whether the database takes commits, as far as is known. */
    boolean available() {
        return !dead && !away && stalledNanos() == 0;
    }

    void enqueue(RunJournal run) {
        queue.add(run);
        if (idle) {
            LockSupport.unpark(thread);
        }
    }

    void appended(int bytes) {
        metrics.received(bytes);
        uncommitted.addAndGet(bytes);
    }

    /** Returns whether this made room for all runs; {@link #roomMade} is to be told then. */
    boolean settled(int bytes) {
        long left = uncommitted.addAndGet(-bytes);
        return left < uncommittedMax / 2 && left + bytes >= uncommittedMax / 2;
    }

    /** Calls the run if it waits for room, and all that do where there is room for all again. Safe for any thread. */
    void roomMade(RunJournal run, boolean forAll) {
        if (waitingForRoom.isEmpty()) {
            return;
        }
        if (forAll) {
            callThoseWithRoom(Executor::execute);
        } else {
            callIfRoom(run);
        }
    }

    boolean isFull() {
        return uncommitted.get() >= uncommittedMax;
    }

    private boolean hasRoom() {
        return uncommitted.get() < uncommittedMax / 2;
    }

    /** Keeps the run's call until there is room; the commit that makes room may already be over. */
    void callWhenRoom(RunJournal run) {
        waitingForRoom.add(run);
        callIfRoom(run);
    }

    private void callIfRoom(RunJournal run) {
        Runnable call = run.takeRoomCall(hasRoom());
        if (call != null) {
            waitingForRoom.remove(run);
            run.loop().execute(call);
        }
    }

    private void commitAll() {
        while (true) {
            CommitBatch batch = gather();
            if (batch == null) {
                close();
                return;
            }
            commit(batch);
            callThoseWithRoom(deliveries::add);
            deliveries.dispatch();
        }
    }

    private @Nullable CommitBatch gather() {
        RunJournal run = queue.poll();
        while (run == null) {
            if (stopping) {
                return null;
            }
            idle = true;
            run = queue.poll();
            if (run == null) {
                LockSupport.park(this);
                run = queue.poll();
            }
            idle = false;
        }
        CommitBatch batch = new CommitBatch();
        while (run != null) {
            RunWrite write = run.take();
            if (write != null) {
                batch.add(write);
            }
            run = batch.hasRoom() ? queue.poll() : null;
        }
        return batch;
    }

    private void commit(CommitBatch batch) {
        if (batch.writes().isEmpty() || dead) {
            return;
        }
        long began = System.nanoTime();
        commitBeganNanos = began;
        if (written(batch)) {
            publish(batch, System.nanoTime() - began);
        }
        commitBeganNanos = 0;
        long lasted = System.nanoTime() - began;
        if (lasted > STALL.toNanos()) {
            metrics.outage(lasted);
        }
    }

    /** Whether the batch is durable; what else is to be done with it has been done where it is not. */
    private boolean written(CommitBatch batch) {
        try {
            write(batch);
            return true;
        } catch (SQLException | StoreTakenException e) {
            if (!(e instanceof SQLException refusal)) {
                rideOut(batch, e);
            } else if (NodeFence.FENCED_OFF.equals(refusal.getSQLState())) {
                fencedOff();
            } else if (SqlFault.isOfTheData(refusal)) {
                split(batch, refusal.getSQLState());
            } else {
                rideOut(batch, refusal);
            }
        } catch (RuntimeException e) {
            // A fault of ours must not stop the commits of all other runs. What became of this one, the tables say.
            LOG.error("a commit failed in the gateway itself", e);
            rideOut(batch, e);
        }
        return false;
    }

    private void write(CommitBatch batch) throws SQLException, StoreTakenException {
        for (int tries = 1; ; tries++) {
            try {
                writer().write(batch);
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
        LOG.fatal("another gateway has taken over the runs of this one, which can record nothing more and ends");
        dead = true;
        onTimeout.accept(deliveries);
        deliveries.dispatch();
        Quarkus.asyncExit(1);
    }

    private StoreWriter writer() throws SQLException, StoreTakenException {
        StoreWriter open = writer;
        if (open == null) {
            open = StoreWriter.open(store, fence);
            writer = open;
        }
        return open;
    }

    private void publish(CommitBatch batch, long tookNanos) {
        long now = System.nanoTime();
        metrics.committed(batch, tookNanos);
        for (RunWrite write : batch.writes()) {
            if (batch.isKeyTaken(write.run())) {
                write.run().keyTaken(deliveries);
                onEnded.accept(write.run());
                continue;
            }
            FrameBlock frames = write.frames();
            if (frames != null) {
                frames.committedAt(now);
            }
            write.run().committed(write, deliveries);
            onWritten.accept(write);
            if (write.end() != null) {
                onEnded.accept(write.run());
            }
        }
    }

    /** The database refuses something in the batch: each run by itself, so that only the faulty one fails. */
    private void split(CommitBatch batch, String sqlState) {
        if (batch.writes().size() > 1) {
            batch.writes().forEach(write -> commit(CommitBatch.of(write)));
            commitBeganNanos = System.nanoTime();
            return;
        }
        RunWrite faulty = batch.writes().get(0);
        // The message may quote what was refused, so only its code is logged.
        LOG.errorf(
                "run %s ends: the database refuses what is to be stored of it (SQLSTATE %s)",
                faulty.run().start().id(), sqlState);
        drop(faulty);
    }

    private void drop(RunWrite write) {
        write.run().dropped(write, deliveries);
        if (write.run().ended().isPresent()) {
            onEnded.accept(write.run());
        }
    }

    /** The database is away: waits for it with the batch in hand. */
    private void rideOut(CommitBatch batch, Exception cause) {
        long since = commitBeganNanos;
        boolean givenUp = false;
        away = true;
        // Messages may quote what was to be stored.
        LOG.warnf("the store takes no commits (%s), live runs wait for it", SqlFault.named(cause));
        long pauseNanos = RETRY_FIRST.toNanos();
        while (!settled(batch, givenUp, pauseNanos)) {
            if (!givenUp && (stopping || System.nanoTime() - since > storeTimeout.toNanos())) {
                givenUp = true;
                LOG.error("the store has been away for too long, live runs are given up");
                onTimeout.accept(deliveries);
                deliveries.dispatch();
            }
            if (stopping) {
                return;
            }
            pauseNanos = Math.min(pauseNanos * 2, RETRY_LONGEST.toNanos());
        }
        away = false;
        LOG.warnf(
                "the store takes commits again after %d ms",
                Duration.ofNanos(System.nanoTime() - since).toMillis());
    }

    /** One try, after a pause, on a new connection; whether nothing more is to be done for the batch. */
    private boolean settled(CommitBatch batch, boolean givenUp, long pauseNanos) {
        close();
        LockSupport.parkNanos(pauseNanos);
        try {
            settle(batch, givenUp);
            return true;
        } catch (SQLException e) {
            if (NodeFence.FENCED_OFF.equals(e.getSQLState())) {
                fencedOff();
                return true;
            }
            if (SqlFault.isOfTheData(e)) {
                split(batch, e.getSQLState());
                return true;
            }
            LOG.debugf("the store is still away: %s", SqlFault.named(e));
        } catch (StoreTakenException e) {
            LOG.warn("the database answers, but its gateway lock is still held by a session that has not ended");
        } catch (RuntimeException e) {
            LOG.error("the batch cannot be written for a fault of the gateway itself", e);
            split(batch, "XX000");
            return true;
        }
        return false;
    }

    /**
     * Finds out whether the batch was committed, and writes it where it was not. The connection is the proof that the old
     * one's backend is gone: the store gives it out only then.
     */
    private void settle(CommitBatch batch, boolean givenUp) throws SQLException, StoreTakenException {
        StoreWriter open = writer();
        if (open.holds(batch)) {
            publish(batch, System.nanoTime() - commitBeganNanos);
        } else if (givenUp) {
            batch.writes().forEach(this::drop);
        } else {
            open.write(batch);
            publish(batch, System.nanoTime() - commitBeganNanos);
        }
    }

    private void callThoseWithRoom(BiConsumer<Executor, Runnable> caller) {
        if (waitingForRoom.isEmpty()) {
            return;
        }
        boolean room = hasRoom();
        for (Iterator<RunJournal> runs = waitingForRoom.iterator(); runs.hasNext(); ) {
            RunJournal run = runs.next();
            Runnable call = run.takeRoomCall(room);
            if (call != null) {
                runs.remove();
                caller.accept(run.loop(), call);
            }
        }
    }

    private void close() {
        StoreWriter open = writer;
        writer = null;
        if (open != null) {
            open.close();
        }
    }
}
