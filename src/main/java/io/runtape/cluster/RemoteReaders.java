package io.runtape.cluster;

import io.runtape.cluster.RunFollowers.Readers;
import io.runtape.journal.Journal;
import io.runtape.journal.RunJournal;
import io.runtape.store.BlockingWork;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.concurrent.Executor;

/**
 * Finds readers of this gateway's runs at other gateways, in the database, since a notification may get lost. Called
 * when a run is about to be cancelled, and never while frames come. Safe for any thread; does not block.
 */
@Singleton
public final class RemoteReaders {

    private final RunFollowers followers;
    private final Journal journal;
    private final BlockingWork work;

    RemoteReaders(RunFollowers followers, Journal journal, BlockingWork work) {
        this.followers = followers;
        this.journal = journal;
        this.work = work;
    }

    /**
     * Looks for readers of a run.
     *
     * @param loop the event loop that the item comes on
     * @return comes at once if no other gateway can exist; fails with the database's failure, and then the readers are
     *     unknown
     */
    public Uni<Readers> of(RunJournal run, Executor loop) {
        return journal.mayHaveOthers()
                ? work.onWorker(() -> followers.of(run.pk()), loop)
                : Uni.createFrom().item(Readers.NOBODY);
    }
}
