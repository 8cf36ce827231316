package io.runtape.journal;

import io.runtape.run.RunEnd;
import org.jspecify.annotations.Nullable;

/** A run that is being recorded, here or by another gateway of the same database. Safe for any thread. */
public interface LiveRun {

    /** The key that the run's frames are stored under. */
    long pk();

    /** The run's public id. */
    String id();

    /** The sequence of the last frame that is durable, as far as is known here; 0 where there is none. */
    long durableSequence();

    /**
     * Adds a listener and takes the bound together: all up to the result's sequence is durable and can be read, all that
     * follows is told.
     */
    Subscribed subscribe(CommitListener listener);

    /** Removes a listener; it may still hear of a commit that is being told. */
    void unsubscribe(CommitListener listener);

    /**
     * Where a listener stands when it begins to listen.
     *
     * @param durable the sequence of the last frame that can be read
     * @param ended the end, where nothing more will be told
     */
    record Subscribed(long durable, @Nullable RunEnd ended) {}
}
