package io.runtape.journal;

/** Hears of all that this gateway commits, on the committer's thread: must not wait. */
public interface CommitAnnouncer {

    /** Frames of a run, or its end, are durable. */
    void written(long runPk, boolean ended);

    /**
     * A run has joined a thread.
     *
     * @param threadHash of the thread and its owner, the same at every gateway; two threads may share one
     */
    void joined(int threadHash);

    /** Whether other gateways live, as far as is known. Asked for on any thread. */
    boolean others();

    /** A run that another gateway records is to be cancelled. Comes on any thread. */
    void cancelAsked(long runPk);
}
