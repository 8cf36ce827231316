package io.runtape.journal;

import io.runtape.run.RunEnd;
import org.jspecify.annotations.Nullable;

/** A run that this gateway, or another one on the same database, records now. Safe for any thread. */
public interface LiveRun {

    /** The key of the run's row and frames. */
    long pk();

    /** The run's public id. */
    String id();

    /** The sequence of the last durable frame, as far as this gateway knows; 0 if there is none. */
    long durableSequence();

    /**
     * Adds a listener and reads the durable sequence in one step: all frames up to the result's sequence can be read,
     * and the listener is notified of all later ones.
     */
    Subscribed subscribe(CommitListener listener);

    /** Removes a listener; a notification that is under way may still reach it. */
    void unsubscribe(CommitListener listener);

    /**
     * Where a listener stands when it begins to listen.
     *
     * @param durable the sequence of the last frame that can be read
     * @param ended the end, if no notification will follow
     */
    record Subscribed(long durable, @Nullable RunEnd ended) {}
}
