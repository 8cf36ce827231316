package io.runtape.dialect;

import org.jspecify.annotations.Nullable;

/**
 * Gathers the outcome of a live run. Most events of a stream cost almost nothing: their type shows that they say
 * nothing about the outcome, so they are not parsed. Besides the fields of the {@link Outcome} a digest holds at most
 * the text of one message. Confined to one thread at a time.
 */
public interface RunDigest {

    /**
     * The most characters of a text in a run's row. Another value is left out if it is longer. Lists of runs show these
     * values, and a live run holds them until its end. The events have the full text.
     */
    int KEPT_CHARS_MAX = 1 << 20;

    /**
     * Takes the next event of the stream.
     *
     * @param type the event's {@link EventType}; null if only its payload is to tell it
     * @param block holds the whole block, parts included, from {@code from} up to {@code to}; not kept
     * @param streamStart whether the block is the first of its stream and may begin with a byte order mark
     */
    void event(@Nullable String type, byte[] block, int from, int to, boolean streamStart);

    /**
     * Takes the next event of the stream, which is too long to be read.
     *
     * @param type its {@code event} field, or {@code message}
     */
    default void unread(String type) {}

    /** Takes the body of a response that is not an event stream, from {@code from} up to {@code to}; not kept. */
    void response(byte[] body, int from, int to);

    /** The run's id at the agent API; null as long as the events have not told it. */
    @Nullable
    String upstreamRunId();

    /** The dialect of the events; null as long as they have not told it. */
    @Nullable
    Dialect dialect();

    /** The outcome so far; fields are null while unknown. */
    Outcome outcome();
}
