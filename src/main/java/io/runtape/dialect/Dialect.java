package io.runtape.dialect;

import io.runtape.sse.ServerSentEvent;
import java.util.List;

/**
 * The meaning of one runtime's events. Nothing here fails on strange input: what cannot be understood is left out. Safe for
 * any thread.
 */
public interface Dialect {
    /** A short name, such as {@code runtools}. */
    String name();

    /** A new digest for one run, to be fed while the run is live. */
    RunDigest digest();

    /** What was said before the run, read out of the body of its request; empty where nothing is understood. */
    List<Message> asked(String requestBody);

    /**
     * What was said and done in a run, folded from its events in their order. Deltas are joined, and a message that sums
     * deltas up takes their place.
     */
    List<Message> transcript(Iterable<ServerSentEvent> events);

    /** The same of a run that was answered with one JSON document instead of a stream. */
    List<Message> answered(String responseBody);
}
