package io.runtape.journal;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.Owner;
import io.runtape.run.Run;
import io.runtape.store.BlockingWork;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jboss.logging.Logger;

/** Finds the run that a call goes on from. Safe for any thread; never blocks. */
@Singleton
public final class EarlierRuns {

    private static final Logger LOG = Logger.getLogger(EarlierRuns.class);

    /** How long a response waits for its thread if the database is slow. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final BlockingWork work;

    EarlierRuns(BlockingWork work) {
        this.work = work;
    }

    /**
     * The thread of the owner's run of this id, Runtape's or the agent API's.
     *
     * @param loop the event loop for the item
     * @return the item is empty if there is no such run, or if the database does not tell in time; never fails
     */
    public Uni<Optional<String>> threadOf(Owner owner, String id, Executor loop) {
        return work.onWorker(
                        () -> QuarkusTransaction.requiringNew()
                                .call(() -> Run.of(owner, id))
                                .map(run -> run.threadId),
                        loop)
                .ifNoItem()
                .after(PATIENCE)
                .recoverWithItem(Optional.empty())
                .onFailure()
                .invoke(e -> LOG.debugf("the run that a call goes on from is unknown: %s", e.toString()))
                .onFailure()
                .recoverWithItem(Optional.empty())
                .emitOn(loop);
    }
}
