package io.runtape.cluster;

import io.runtape.cluster.RunFollowers.Readers;
import io.runtape.journal.Journal;
import io.runtape.journal.RunJournal;
import io.runtape.store.BlockingWork;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.concurrent.Executor;

/**
 * Who reads this gateway's runs at other gateways. By what is durable, since a notification may be lost. Asked for when a run is
 * about to be given up, and never while frames come. Safe for any thread; waits for nothing.
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
     * Looks for them.
     *
     * @param loop that the item comes on
     * @return comes at once where no other gateway can be; fails with what the database said, and then nobody knows
     */
    public Uni<Readers> of(RunJournal run, Executor loop) {
        return journal.mayHaveOthers()
                ? work.onWorker(() -> followers.of(run.pk()), loop)
                : Uni.createFrom().item(Readers.NOBODY);
    }
}
