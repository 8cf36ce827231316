package io.runtape.cancel;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.Owner;
import io.runtape.journal.Journal;
import io.runtape.journal.RunJournal;
import io.runtape.run.Run;
import io.runtape.store.BlockingWork;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Cancel calls of the agent API that pass through a gateway, noted on the runs that they name
 * (docs/reference/http-api.md, "Failures and cancels"). A run of this gateway is told; that of another one is noted in
 * its row before the call goes on, and its gateway looks there when the response has ended in a way that a cancel would
 * explain. A notification would be quicker, and might still come after that end.
 *
 * <p>Safe for any thread; waits for nothing. A cancel passes whether or not it can be noted.
 */
@Singleton
public final class ForwardedCancels {

    private static final Logger LOG = Logger.getLogger(ForwardedCancels.class);

    /** How long a call waits for its note while the database is slow. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final CancelRequests requests;
    private final Journal journal;
    private final BlockingWork work;

    ForwardedCancels(CancelRequests requests, Journal journal, BlockingWork work) {
        this.requests = requests;
        this.journal = journal;
        this.work = work;
    }

    /** A cancel call that is passing. */
    @FunctionalInterface
    public interface Passing {

        /** One that names no run, or could not be noted. */
        Passing UNNOTED = () -> Uni.createFrom().voidItem();

        /** The call was refused, so the note is taken back; the item comes on the loop when it is. Never fails. */
        Uni<Void> refused();
    }

    /**
     * Notes a call that is about to pass on the owner's run of that id, here or at the agent API.
     *
     * @param loop that results come on
     * @return comes when the note is made, or cannot be; never fails
     */
    public Uni<Passing> begin(Owner owner, String id, Executor loop) {
        Optional<RunJournal> here = journal.live(owner, id);
        if (here.isPresent()) {
            RunJournal run = here.get();
            run.cancelBegan();
            Passing passing = () -> {
                run.cancelRefused();
                return Uni.createFrom().voidItem();
            };
            return Uni.createFrom().item(passing);
        }
        if (!journal.hasOthers()) {
            return Uni.createFrom().item(Passing.UNNOTED);
        }
        Note note = new Note(loop);
        return patiently(work.onWorker(() -> note.made(owner, id) ? note : Passing.UNNOTED, loop), note::inTime, loop);
    }

    /**
     * A call's note in another gateway's run. Whether it counts is decided once, by the worker that is about to commit it or by
     * the call that has waited long enough, whichever comes first: what was passed on without a note never gets one.
     */
    private final class Note implements Passing {

        private final Executor loop;
        private final AtomicBoolean decided = new AtomicBoolean();

        private final CompletableFuture<@Nullable Void> settled = new CompletableFuture<>();

        /** The run that has the note; none where there is none. */
        private volatile @Nullable Long noted;

        Note(Executor loop) {
            this.loop = loop;
        }

        /** Makes the note, unless the call stops waiting before; returns whether it is made. Blocks. */
        boolean made(Owner owner, String id) throws SQLException {
            try {
                Optional<Run> run = QuarkusTransaction.requiringNew().call(() -> Run.of(owner, id));
                return run.isPresent()
                        && run.get().running()
                        && !journal.owns(run.get().runPk)
                        && requests.passing(run.get().runPk, () -> decidedFor(run.get().runPk));
            } finally {
                settled.complete(null);
            }
        }

        private boolean decidedFor(long pk) {
            boolean counts = decide();
            if (counts) {
                // From here on it may count, also where its commit is not answered.
                noted = pk;
            }
            return counts;
        }

        private boolean decide() {
            return decided.compareAndSet(false, true);
        }

        /** The call has waited long enough: it passes without a note, or with one that is just being committed. */
        Passing inTime() {
            return decide() ? Passing.UNNOTED : this;
        }

        @Override
        public Uni<Void> refused() {
            Uni<Boolean> takenBack =
                    Uni.createFrom().completionStage(settled).chain(v -> work.onWorker(this::takenBack, loop));
            return patiently(takenBack, () -> true, loop).replaceWithVoid();
        }

        private boolean takenBack() throws SQLException {
            Long run = noted;
            if (run != null) {
                requests.refused(run);
            }
            return true;
        }
    }

    /**
     * Whether a cancel call that names this gateway's run has passed, or is passing, through any gateway.
     *
     * @param loop that the item comes on
     * @return comes at once where this gateway can tell; never fails
     */
    public Uni<Boolean> noted(RunJournal run, Executor loop) {
        if (run.cancelNoted() || !journal.hasOthers()) {
            return Uni.createFrom().item(run.cancelNoted());
        }
        return patiently(work.onWorker(() -> requests.isPassing(run.pk()), loop), () -> false, loop);
    }

    private static <T> Uni<T> patiently(Uni<T> work, Supplier<T> otherwise, Executor loop) {
        return work.ifNoItem()
                .after(PATIENCE)
                .recoverWithItem(otherwise)
                .onFailure()
                .invoke(e -> LOG.debugf("a cancel that passes cannot be noted: %s", e.toString()))
                .onFailure()
                .recoverWithItem(otherwise)
                .emitOn(loop);
    }
}
