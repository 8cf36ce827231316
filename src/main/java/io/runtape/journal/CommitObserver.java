package io.runtape.journal;

import io.runtape.journal.sql.RunWrite;
import java.util.Collection;

/**
 * The keeper of the live runs, as the committer sees it. All calls come on the committer's thread and must not block.
 */
interface CommitObserver {

    /** All runs that may still have writes. */
    Collection<RunJournal> live();

    /** This write is durable. */
    void written(RunWrite write);

    /** The run's end is durable, or will never come. */
    void ended(RunJournal run);

    /** Another gateway has closed this one's runs: this gateway can write nothing more. */
    void takenOver();

    /** A fault of the gateway ends the committer's thread: this gateway can write nothing more. */
    void died(Throwable fault);
}
