package io.runtape.journal;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.Owner;
import io.runtape.model.Run;
import io.runtape.rows.CancelRequests;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jboss.logging.Logger;

/**
 * Cancel calls of the agent API that pass through a gateway, noted on the runs that they name (contract, section 2). A run of
 * this gateway is told; that of another one is noted in its row before the call goes on, and its gateway looks there when the
 * answer has ended in a way that a cancel would explain. A notification would be quicker, and might still come after that end.
 *
 * <p>Safe for any thread; waits for nothing. A cancel passes whether or not it can be noted.
 */
@Singleton
public final class PassingCancels {

    private static final Logger LOG = Logger.getLogger(PassingCancels.class);

    /** How long a call waits for its note while the database is slow. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final CancelRequests requests;
    private final Journal journal;
    private final StoreWork work;

    PassingCancels(CancelRequests requests, Journal journal, StoreWork work) {
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
        return patiently(work.onWorker(() -> noted(owner, id, loop), loop), Passing.UNNOTED, loop);
    }

    private Passing noted(Owner owner, String id, Executor loop) throws SQLException {
        Optional<Run> run = QuarkusTransaction.requiringNew().call(() -> Run.of(owner, id));
        if (run.isEmpty() || !run.get().running() || journal.owns(run.get().runPk)) {
            return Passing.UNNOTED;
        }
        long pk = run.get().runPk;
        requests.passing(pk, 1);
        return () -> patiently(
                        work.onWorker(
                                () -> {
                                    requests.passing(pk, -1);
                                    return true;
                                },
                                loop),
                        true,
                        loop)
                .replaceWithVoid();
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
        return patiently(work.onWorker(() -> requests.isPassing(run.pk()), loop), false, loop);
    }

    private static <T> Uni<T> patiently(Uni<T> asked, T otherwise, Executor loop) {
        return asked.ifNoItem()
                .after(PATIENCE)
                .recoverWithItem(otherwise)
                .onFailure()
                .invoke(e -> LOG.debugf("a cancel that passes cannot be noted: %s", e.toString()))
                .onFailure()
                .recoverWithItem(otherwise)
                .emitOn(loop);
    }
}
