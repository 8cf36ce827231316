package io.runtape.journal;

/** Is notified of all commits of this gateway, on the committer's thread: must not block. */
public interface CommitAnnouncer {

    /** Frames of a run, or its end, are durable. */
    void written(long runPk, boolean ended);

    /**
     * A run has joined a thread.
     *
     * @param threadHash the hash of the thread and its owner, the same at every gateway; two threads may share one
     */
    void joined(int threadHash);

    /** Whether other gateways live, as far as this one knows. Safe for any thread. */
    boolean others();

    /** A caller wants to cancel a run of another gateway. Safe for any thread. */
    void cancelAsked(long runPk);
}
