package io.runtape.cancel;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.Owner;
import io.runtape.journal.Journal;
import io.runtape.journal.RunJournal;
import io.runtape.run.Run;
import io.runtape.run.UpstreamRunId;
import io.runtape.store.BlockingWork;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Cancel calls of the agent API that pass through a gateway, noted on the runs that they name
 * (docs/reference/http-api.md, "Failures and cancels"). For a run of this gateway the note is in memory. For a run of
 * another gateway, this gateway writes the note to the run's row before the call goes on. The other gateway reads the
 * row when the response has ended in a way that a cancel would explain. A notification would be quicker, but might
 * still come after that end.
 *
 * <p>Safe for any thread; never blocks. A cancel passes whether or not it can be noted.
 */
@Singleton
public final class ForwardedCancels {

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

        /** A call that names no run, or that could not be noted. */
        Passing UNNOTED = () -> Uni.createFrom().voidItem();

        /** The call was refused: takes the note back. The item comes on the loop once that is done. Never fails. */
        Uni<Void> refused();
    }

    /**
     * Notes a call that is about to pass, on the owner's run of this id, Runtape's or the agent API's.
     *
     * @param upstream the name of the agent API that the call is for
     * @param loop the event loop for the results
     * @return completes when the note is written, or cannot be; never fails
     */
    public Uni<Passing> begin(Owner owner, String upstream, String id, Executor loop) {
        Optional<RunJournal> here = journal.live(owner, UpstreamRunId.kept(id))
                .filter(run -> run.start().upstream().equals(upstream));
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
        return patiently(
                work.onWorker(() -> note.made(owner, upstream, id) ? note : Passing.UNNOTED, loop), note::inTime, loop);
    }

    /**
     * A call's note on a run of another gateway. One decision settles whether the note counts: by the worker that is
     * about to commit it, or by the call once it has waited long enough, whichever comes first. A call that has passed
     * without a note never gets one later.
     */
    private final class Note implements Passing {

        private final Executor loop;
        private final AtomicBoolean decided = new AtomicBoolean();

        private final CompletableFuture<@Nullable Void> settled = new CompletableFuture<>();

        /** The run that has the note; null if no run has it. */
        private volatile @Nullable Long noted;

        Note(Executor loop) {
            this.loop = loop;
        }

        /** Writes the note, unless the call stops waiting first; returns whether it is written. Blocks. */
        boolean made(Owner owner, String upstream, String id) throws SQLException {
            try {
                Optional<Run> run = QuarkusTransaction.requiringNew().call(() -> Run.of(owner, id));
                return run.isPresent()
                        && run.get().running()
                        && run.get().upstream.equals(upstream)
                        && !journal.owns(run.get().runPk)
                        && requests.passing(run.get().runPk, () -> decidedFor(run.get().runPk));
            } finally {
                settled.complete(null);
            }
        }

        private boolean decidedFor(long pk) {
            boolean counts = decide();
            if (counts) {
                // From here on the note may count, even if its commit gets no answer.
                noted = pk;
            }
            return counts;
        }

        private boolean decide() {
            return decided.compareAndSet(false, true);
        }

        /** The call has waited long enough: it passes without a note, or with one whose commit is under way. */
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
     * Whether a cancel call that names this gateway's run has passed or is passing through any gateway, also one that
     * has stopped since.
     *
     * @param loop the event loop for the item
     * @return completes at once if this gateway already knows; never fails
     */
    public Uni<Boolean> noted(RunJournal run, Executor loop) {
        if (run.cancelNoted() || !journal.mayHaveOthers()) {
            return Uni.createFrom().item(run.cancelNoted());
        }
        return patiently(work.onWorker(() -> requests.isPassing(run.pk()), loop), () -> false, loop);
    }

    private static <T> Uni<T> patiently(Uni<T> work, Supplier<T> otherwise, Executor loop) {
        return BlockingWork.inTime(work, otherwise, "a cancel that passes cannot be noted", loop);
    }
}
