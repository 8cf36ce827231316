package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Reads the events of one run in their order, or its whole response, and tells a {@link RunSink} what they mean. It tolerates
 * events that it does not know and fields of any shape. Confined to one thread at a time.
 */
public interface EventFold {

    /**
     * Whether an event of this type can say anything about how the run comes out. Most events of a stream cannot, and are not
     * parsed while it is live.
     */
    boolean concernsOutcome(String type);

    /**
     * Takes the next event.
     *
     * @param type the {@code event} field, else the payload's {@code type}, else {@code message}
     * @param data its payload; a JSON string where it is not JSON
     */
    void event(String type, JsonNode data);

    /** Takes a response that is no event stream. */
    void response(JsonNode body);

    /** The stream has ended, or has not ended but no more of it is there. */
    default void end() {}
}
