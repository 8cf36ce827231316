package io.runtape.journal;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.runtape.access.Owner;
import io.runtape.run.Run;
import io.runtape.store.BlockingWork;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;

/** Finds the run that a call goes on from. Safe for any thread; never blocks. */
@Singleton
public final class EarlierRuns {

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
        Callable<Optional<String>> look = () ->
                QuarkusTransaction.requiringNew().call(() -> Run.of(owner, id)).map(run -> run.threadId);
        return BlockingWork.inTime(
                work.onWorker(look, loop), Optional::empty, "the run that a call goes on from is unknown", loop);
    }
}
