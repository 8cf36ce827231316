package io.runtape.journal;

import io.runtape.journal.sql.RunWrite;
import java.util.Collection;

/** The keeper of the live runs, as the committer sees it. All calls come on the committer's thread and do not block. */
interface CommitObserver {

    /** All runs that may still be written. */
    Collection<RunJournal> live();

    /** This write is durable. */
    void written(RunWrite write);

    /** The run's end is durable, or will never come. */
    void ended(RunJournal run);

    /** Another gateway has closed this one's runs: this gateway can write nothing more. */
    void takenOver();

    /** The committer's thread ends by this fault of the gateway: it can write nothing more. */
    void died(Throwable fault);
}
