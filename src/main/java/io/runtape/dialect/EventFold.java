package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Reads the events of one run in their order, or its whole response, and reports their meaning to a {@link RunSink}.
 * Tolerates unknown events and fields of any shape. Confined to one thread at a time.
 */
public interface EventFold {

    /**
     * Whether an event of this type can say anything about the run's outcome. Most events of a stream cannot, and the
     * gateway does not parse them while the run is live.
     */
    boolean concernsOutcome(String type);

    /**
     * Takes the next event.
     *
     * @param type the {@code event} field, else the payload's {@code type}, else {@code message}
     * @param data its payload; a JSON string if it is not JSON
     */
    void event(String type, JsonNode data);

    /** Takes the next event where it is too long to be read: only its type is known. */
    default void unread(String type) {}

    /** Takes a response that is not an event stream. */
    void response(JsonNode body);

    /** Called when the stream has ended, or when no more of an unended stream is available. */
    default void end() {}
}
