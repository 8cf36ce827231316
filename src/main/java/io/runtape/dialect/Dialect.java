package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.sse.ServerSentEvent;
import java.util.List;

/**
 * The meaning of one agent API's events. Nothing here fails on strange input: what cannot be understood is left out. Safe for
 * any thread.
 */
public interface Dialect {

    /** A short name, such as {@code runtools}; it is stored with each run. */
    String name();

    /**
     * Whether an event that comes first, or after events that no dialect begins with, is of this dialect.
     *
     * @param type the {@code event} field, else the payload's {@code type}, else {@code message}
     * @param data its payload; a JSON string where it is not JSON
     */
    boolean begins(String type, JsonNode data);

    /** Whether a response that is no event stream is of this dialect. */
    boolean answers(JsonNode body);

    /** A new digest for one run, to be fed while the run is live. */
    RunDigest digest();

    /**
     * The messages of a run, folded from its events in their order. Deltas are joined, and a message that sums deltas
     * up replaces them.
     */
    List<Message> transcript(Iterable<ServerSentEvent> events);

    /** The same for a run whose response is one JSON document instead of a stream. */
    List<Message> answered(String responseBody);
}
