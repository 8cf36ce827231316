package io.runtape.journal;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.runtape.access.Owner;
import io.runtape.model.RunReason;
import io.runtape.model.RunStatus;
import io.runtape.model.StartRefused;
import io.runtape.model.Store;
import io.runtape.model.StoreTakenException;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The durable, ordered append of runs: opens a journal for each, and knows those that are live. Closes the runs that an
 * earlier gateway left behind before it takes new ones. Safe for any thread.
 */
@ApplicationScoped
public class Journal {

    /** After the store is open, before calls are taken. */
    private static final int STARTS_AT = Store.OPENS_AT + 100;

    /** How long the last commits may take when the gateway stops. */
    private static final Duration LAST_COMMITS = Duration.ofSeconds(10);

    private static final Logger LOG = Logger.getLogger(Journal.class);

    /** How long a new run waits for its row; its caller is then told that the database does not answer. */
    private static final Duration START_PATIENCE = Duration.ofSeconds(5);

    private final Store store;
    private final GroupCommitter committer;
    private final LiveRuns live;
    private final AtomicLong nextPk = new AtomicLong();
    private final ThreadWatches threads = new ThreadWatches();
    private volatile boolean stopping;

    Journal(Store store, JournalConfig config, JournalMetrics metrics) {
        this.store = store;
        this.live = new LiveRuns(config.maxLiveRuns(), config.maxLiveRunsPerOwner());
        this.committer = new GroupCommitter(
                store,
                metrics,
                config.storeTimeout(),
                threads::published,
                live::remove,
                deliveries -> live.all().forEach(run -> run.abandon(deliveries)));
        metrics.gauge("runtape.runs.live", "Runs that are being recorded", live::count);
    }

    void start(@Observes @Priority(STARTS_AT) StartupEvent event) {
        try {
            StoreWriter writer = StoreWriter.open(store, null);
            nextPk.set(writer.fence().nodeId() << RunRows.RUN_BITS);
            int lost = new LostRuns(writer).close();
            store.makeDurable(writer.connection());
            if (lost > 0) {
                LOG.warnf("%d runs of a gateway that died were closed as gateway_lost", lost);
            }
            committer.start(writer);
        } catch (SQLException | StoreTakenException e) {
            throw new StartRefused(
                    "Runtape cannot write to its database (" + store.address() + "): " + SqlFault.named(e));
        }
    }

    void stop(@Observes ShutdownEvent event) {
        stopping = true;
        Instant now = Instant.now();
        live.all().forEach(run -> run.end(RunEnd.broken(RunStatus.FAILED, RunReason.GATEWAY_STOPPED, now)));
        committer.stop(LAST_COMMITS);
    }

    /** Whether the database takes commits, as far as is known. */
    public boolean available() {
        return committer.available();
    }

    /** Whether the gateway is about to stop and takes no new runs. */
    public boolean stopping() {
        return stopping;
    }

    /**
     * Opens the journal of a new run; the item comes, on the loop, when the run's row is durable.
     *
     * @param loop the event loop that will append, and that the run's own results come on
     * @return fails, on any thread, with {@link StoreUnavailableException} where the database does not answer: then the agent API
     *     must not be called, and the run, should it still be recorded, is recorded as failed. With {@link
     *     TooManyRunsException} or {@link KeyTakenException} nothing is recorded.
     */
    public Uni<RunJournal> open(RunStart start, Executor loop) {
        if (!available()) {
            return Uni.createFrom().failure(new StoreUnavailableException());
        }
        RunJournal run = new RunJournal(committer, nextPk.incrementAndGet(), start, loop);
        try {
            live.add(run);
        } catch (TooManyRunsException e) {
            return Uni.createFrom().failure(e);
        }
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

    /** The same, as long as its end is not durable; its row may say already that it ended. */
    public Optional<RunJournal> unended(long runPk) {
        return live(runPk).filter(run -> run.ended().isEmpty());
    }

    /**
     * Calls back whenever a run joins the thread, until the result is run. The call comes on the committer's thread and must
     * not wait.
     */
    public Runnable watchThread(Owner owner, String threadId, Runnable call) {
        return threads.watch(owner, threadId, call);
    }

    /** The live run of the owner that has this id, here or at the agent API; the newest where an upstream id came twice. */
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
