package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.sse.EventParser;
import io.runtape.sse.ServerSentEvent;
import org.jspecify.annotations.Nullable;

/**
 * The type of an event: its {@code event} field, else its payload's {@code type}, else {@code message}
 * (docs/reference/http-api.md, "Events of a run"). A field that says {@code message} is as none: readers of event streams
 * cannot tell them apart.
 */
public final class EventType {

    /** The type of an event that names none. */
    public static final String DEFAULT = "message";

    private EventType() {}

    /** The type of an event with this payload. */
    static String of(ServerSentEvent event, JsonNode data) {
        return event.event().equals(DEFAULT) ? of(data) : event.event();
    }

    /** The type that the payload of an event names. */
    static String of(JsonNode data) {
        String type = data.path("type").asText("");
        return type.isEmpty() ? DEFAULT : type;
    }

    /**
     * The type of an event whose block has this {@code event} field. Reads the payload only if the field says nothing.
     *
     * @param block holds the whole block, parts included, from {@code from} up to {@code to}
     */
    public static String of(@Nullable String event, byte[] block, int from, int to, boolean streamStart) {
        if (event != null && !event.equals(DEFAULT)) {
            return event;
        }
        ServerSentEvent parsed = EventParser.parse(block, from, to, streamStart, "");
        String type = parsed == null ? null : Payload.typeIn(parsed.data());
        return type == null || type.isEmpty() ? DEFAULT : type;
    }
}
