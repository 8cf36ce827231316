package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.runtape.sse.ServerSentEvent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads events as plain pieces of text; it understands only errors, which look alike in most agent APIs. */
public final class UnknownDialect {
    String name() {
        return "unknown";
    }

    /**
     * Makes an error of each error event, and one text of each other event, unchanged. Events without data and the
     * sentinel {@code [DONE]} add nothing.
     *
     * @param places learns where each part began
     */
    public List<Message> transcript(Iterable<ServerSentEvent> events, PartPlaces places) {
        List<Part> parts = new ArrayList<>();
        for (ServerSentEvent event : events) {
            if (!event.data().isBlank() && !event.data().equals("[DONE]")) {
                JsonNode data = Payload.parsed(event.data());
                parts.add(places.whole(part(failure(EventType.of(event, data), data), event.data())));
            }
        }
        return parts.isEmpty() ? List.of() : List.of(new Message(Role.ASSISTANT, parts));
    }

    /** Every further event with data is one more text. */
    OpenTranscript openTranscript(Iterable<ServerSentEvent> events) {
        List<OpenMessage> messages = transcript(events, PartPlaces.unasked()).stream()
                .map(message -> new OpenMessage(
                        message.role(),
                        message.parts().stream()
                                .map(part -> OpenPart.inPlace(part, false))
                                .toList()))
                .toList();
        return new OpenTranscript(name(), messages, JsonNodeFactory.instance.objectNode());
    }

    private static Part part(@Nullable Failure failure, String text) {
        return failure == null ? new Part.Text(text) : new Part.ErrorPart(failure.code(), failure.message());
    }

    /** One text, or the error that the response reports; empty if the response is blank. */
    public List<Message> answered(String responseBody) {
        return responseBody.isBlank()
                ? List.of()
                : List.of(new Message(
                        Role.ASSISTANT, List.of(part(failure(Payload.parsed(responseBody)), responseBody))));
    }

    /** The failure that an event reports; null if it is no error event. */
    static @Nullable Failure failure(String type, JsonNode data) {
        if (!type.equals("error")) {
            return failure(data);
        }
        Failure told = Failure.inBody(data);
        return told == null ? Failure.of(data) : told;
    }

    /** The failure that a response reports; null if it reports none. */
    static @Nullable Failure failure(JsonNode body) {
        JsonNode error = Failure.only(body).path("error");
        return error.isObject() ? Failure.of(error) : null;
    }
}
