package io.runtape.journal;

import io.runtape.journal.sql.RunWrite;
import java.util.Collection;

/** Whoever keeps the live runs, as the committer sees it. All calls come on its thread and do not wait. */
interface RunKeeper {

    /** All runs that may still be written. */
    Collection<RunJournal> live();

    /** This write is durable. */
    void written(RunWrite write);

    /** The run's end is durable, or there will never be one. */
    void ended(RunJournal run);

    /** Another gateway has closed this one's runs: nothing more can be written here. */
    void takenOver();

    /** The committer's thread ends by this fault of the gateway's own: nothing more can be written here. */
    void died(Throwable fault);
}
