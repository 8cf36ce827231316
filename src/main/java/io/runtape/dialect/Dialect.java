package io.runtape.dialect;

import io.runtape.sse.ServerSentEvent;
import java.util.List;

/**
 * The meaning of one runtime's events. It never fails on strange input, and leaves out what it does not understand.
 * Safe for any thread.
 */
public interface Dialect {
    /** A short name, for example {@code runtools}. */
    String name();

    /** A new digest for one run, to be fed while the run is live. */
    RunDigest digest();

    /** The messages before the run, from the body of its request; empty if the dialect understands none. */
    List<Message> asked(String requestBody);

    /**
     * The messages of a run, folded from its events in their order. Deltas are joined, and a message that sums deltas
     * up replaces them.
     */
    List<Message> transcript(Iterable<ServerSentEvent> events);

    /** The same for a run whose response is one JSON document instead of a stream. */
    List<Message> answered(String responseBody);
}
