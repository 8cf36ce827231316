package io.runtape.journal;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.runtape.access.Owner;
import io.runtape.journal.sql.RunClaims;
import io.runtape.journal.sql.RunWrite;
import io.runtape.journal.sql.StoreWriter;
import io.runtape.run.RunEnd;
import io.runtape.run.RunKey;
import io.runtape.run.RunReason;
import io.runtape.run.RunStart;
import io.runtape.run.RunStatus;
import io.runtape.store.SqlFault;
import io.runtape.store.StartupException;
import io.runtape.store.Store;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The durable, ordered append of runs: opens a journal for each run, and knows the live ones. Safe for any thread. */
@ApplicationScoped
public class Journal {

    /** After the database is open, before the gateway takes calls. */
    public static final int STARTS_AT = Store.OPENS_AT + 100;

    /** When a stopping gateway waits for its live runs. */
    public static final int DRAINS_AT = 2000;

    /** When the committer makes the last commits. */
    public static final int STOPS_AT = 2000;

    /** How long the last commits may take when the gateway stops. */
    private static final Duration LAST_COMMITS = Duration.ofSeconds(10);

    private static final Logger LOG = Logger.getLogger(Journal.class);

    /** How long a new run waits for its row; after that its caller gets an error that the database does not answer. */
    private static final Duration START_PATIENCE = Duration.ofSeconds(5);

    private final Store store;
    private final RunClaims claims;
    private final GroupCommitter committer;
    private final LiveRuns live;
    private final JournalConfig config;
    private final AtomicLong lastPk = new AtomicLong();
    private final LongAdder endedRuns = new LongAdder();
    private final ThreadWatches threads = new ThreadWatches();
    private volatile boolean stopping;
    private final AtomicBoolean ending = new AtomicBoolean();
    private final CountDownLatch drained = new CountDownLatch(1);
    private volatile long nodeId;
    private volatile @Nullable CommitAnnouncer news;

    Journal(Store store, RunClaims claims, JournalConfig config, JournalMetrics metrics) {
        this.store = store;
        this.claims = claims;
        this.config = config;
        this.live = new LiveRuns(config.maxLiveRuns(), config.maxLiveRunsPerOwner());
        this.committer = new GroupCommitter(metrics, config.storeTimeout(), new Keeper());
        metrics.gauge("runtape.runs.live", "Runs that are being recorded", live::count);
    }

    void start(@Observes @Priority(STARTS_AT) StartupEvent event) {
        try {
            StoreWriter writer = StoreWriter.open(store, claims);
            nodeId = writer.nodeId();
            lastPk.set(RunKey.beforeFirst(nodeId));
            committer.start(writer, CommitPace.of(config.commitDistance(), store.engine()));
        } catch (SQLException e) {
            throw new StartupException(
                    "Runtape cannot write to its database (" + store.address() + "): " + SqlFault.named(e));
        }
    }

    /** Completes when the committer has rehearsed its statements, or could not. */
    public CompletionStage<Void> rehearsed() {
        return committer.rehearsed();
    }

    /** Receives the committer's notifications. */
    private final class Keeper implements CommitObserver {

        @Override
        public Collection<RunJournal> live() {
            return live.all();
        }

        @Override
        public void written(RunWrite write) {
            threads.published(write);
            CommitAnnouncer told = news;
            if (told != null) {
                if (write.frames() != null || write.end() != null) {
                    told.written(write.run().pk(), write.end() != null);
                }
                if (write.head() != null) {
                    told.joined(
                            ThreadWatches.hash(write.run().owner(), write.head().threadId()));
                }
            }
        }

        @Override
        public void ended(RunJournal run) {
            live.remove(run);
            endedRuns.increment();
            drainedWhereDue();
        }

        @Override
        public void takenOver() {
            Journal.this.takenOver();
        }

        @Override
        public void died(Throwable fault) {
            endProcess("the gateway can record nothing more, for a fault of its own, and ends", fault);
        }
    }

    /** Notifies this listener of all commits from now on; there is only one. */
    public void tell(CommitAnnouncer listener) {
        news = listener;
    }

    /** Whether other gateways of this database live, as far as this one knows. */
    public boolean hasOthers() {
        CommitAnnouncer told = news;
        return told != null && told.others();
    }

    /** Whether the database can have other gateways, live or not. */
    public boolean mayHaveOthers() {
        return news != null;
    }

    /** The id of this gateway's node: the high bits of its runs' keys. */
    public long nodeId() {
        return nodeId;
    }

    /** The key of the run that this gateway began last; if there is none, the one before its first. */
    public long lastRunPk() {
        return lastPk.get();
    }

    /** A key for a run that has ended already and is stored whole, by a transaction of the caller's. */
    public long keyOfEndedRun() {
        return lastPk.incrementAndGet();
    }

    /** The keys of the live runs. */
    public Stream<Long> liveRunPks() {
        return live.all().stream().map(RunJournal::pk);
    }

    /** The keys of all further runs come after this one; this gateway must have no run with a later key. */
    public void skipTo(long runPk) {
        lastPk.accumulateAndGet(runPk, Math::max);
    }

    /** How many runs have ended at this gateway since its start. Who asks again and again learns that more have. */
    public long endedRuns() {
        return endedRuns.sum();
    }

    /** Whether this gateway records the run, or recorded it. */
    public boolean owns(long runPk) {
        return RunKey.nodeId(runPk) == nodeId;
    }

    private void drainedWhereDue() {
        if (stopping && live.count() == 0) {
            drained.countDown();
        }
    }

    /**
     * The gateway must stop: takes no new runs, and lets the live ones go on for the allowed time. The gateway still
     * answers all other calls meanwhile. Then it ends the remaining runs.
     */
    void drain(@Observes @Priority(DRAINS_AT) ShutdownDelayInitiatedEvent event) throws InterruptedException {
        stopping = true;
        drainedWhereDue();
        int runs = live.count();
        if (runs > 0) {
            LOG.infof(
                    "the gateway stops when its %d live runs have ended, or in %d s at the latest",
                    runs, config.drainTimeout().toSeconds());
        }
        if (!drained.await(config.drainTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
            LOG.warnf("%d live runs did not end in time", live.count());
            endAll();
            drained.await(LAST_COMMITS.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** Another gateway has closed this one's runs: this gateway can only end, and has nothing to wait for. */
    public void takenOver() {
        endProcess("another gateway has taken over the runs of this one, which can record nothing more and ends", null);
    }

    /** This gateway records nothing more: it waits neither for live runs nor for an orderly end that does not come. */
    private void endProcess(String why, @Nullable Throwable fault) {
        if (!ending.getAndSet(true)) {
            drained.countDown();
            ProcessExit.begin(() -> LOG.fatal(why, fault));
        }
    }

    private void endAll() {
        live.all()
                .forEach(run -> run.end(RunEnd.broken(
                        RunStatus.FAILED, RunReason.GATEWAY_STOPPED, run.key().now())));
    }

    void stop(@Observes @Priority(STOPS_AT) ShutdownEvent event) {
        stopping = true;
        endAll();
        committer.stop(LAST_COMMITS);
    }

    /** Whether the database takes commits, as far as this gateway knows. */
    public boolean available() {
        return committer.available();
    }

    /** Whether this process can still record, once the database takes commits; if not, it never will again. */
    boolean canRecord() {
        return committer.canCommit();
    }

    /** Whether the gateway is about to stop and takes no new runs. */
    public boolean stopping() {
        return stopping;
    }

    /**
     * Opens the journal of a new run; the item comes, on the loop, when the run's row is durable.
     *
     * @param loop the event loop that will append, and that gets the run's results
     * @return fails, on any thread, with {@link StoreUnavailableException} if the database does not answer. Then do not
     *     call the agent API; if the run's row is still written later, the run is recorded as failed. After
     *     {@link TooManyRunsException} or {@link KeyTakenException} nothing is recorded.
     */
    public Uni<RunJournal> open(RunStart start, Executor loop) {
        if (!available()) {
            return Uni.createFrom().failure(new StoreUnavailableException());
        }
        try {
            live.takePlace(start.owner().id());
        } catch (TooManyRunsException e) {
            return Uni.createFrom().failure(e);
        }
        // Only now: a call that finds no place must not use up the keys of the present partition.
        RunJournal run = new RunJournal(committer, lastPk.incrementAndGet(), start, loop);
        live.add(run);
        run.begin();
        return Uni.createFrom()
                .completionStage(run.started())
                .ifNoItem()
                .after(START_PATIENCE)
                .recoverWithUni(() -> {
                    run.withdraw();
                    return Uni.createFrom().failure(new StoreUnavailableException());
                });
    }

    /** The live run that is stored under this key. */
    public Optional<RunJournal> live(long runPk) {
        return Optional.ofNullable(live.get(runPk));
    }

    /** The same, as long as this gateway does not know the end to be durable; the run's row may have it already. */
    public Optional<RunJournal> unended(long runPk) {
        return live(runPk).filter(run -> run.ended().isEmpty());
    }

    /**
     * Calls back whenever a run joins the thread, here or at another gateway, and sometimes without need, until the
     * caller runs the result. The call comes on any thread and must not block.
     */
    public Runnable watchThread(Owner owner, String threadId, Runnable call) {
        return threads.watch(owner, threadId, call);
    }

    /** Announces to the other gateways that the row of one of their runs asks for a cancel. */
    public void cancelAsked(long runPk) {
        CommitAnnouncer told = news;
        if (told != null) {
            told.cancelAsked(runPk);
        }
    }

    /** Cancels a run if this gateway still records it. */
    public void cancelHere(long runPk) {
        live(runPk).ifPresent(RunJournal::cancel);
    }

    /** A run has joined a thread at another gateway, which announced it by {@link CommitAnnouncer#joined}. */
    public void joinedElsewhere(int threadHash) {
        threads.published(threadHash);
    }

    /** Runs may have joined any thread at other gateways. */
    public void joinedAnywhere() {
        threads.publishedAll();
    }

    /**
     * The owner's live run with this id, Runtape's or the agent API's; the newest run if the agent API used the id
     * twice.
     */
    public Optional<RunJournal> live(Owner owner, String id) {
        @Nullable RunJournal found = null;
        for (RunJournal run : live.all()) {
            if (run.start().owner().equals(owner)
                    && (run.start().id().equals(id)
                            || run.upstreamRunId().filter(id::equals).isPresent())
                    && (found == null || found.pk() < run.pk())) {
                found = run;
            }
        }
        return Optional.ofNullable(found);
    }
}
