package io.runtape.dialect;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.runtape.sse.ServerSentEvent;
import java.util.ArrayList;
import java.util.List;

/** Reads events as plain pieces of text, and judges no outcome. */
final class UnknownDialect {
    String name() {
        return "unknown";
    }

    /** Makes one text of each event, unchanged; events without data and the sentinel {@code [DONE]} add nothing. */
    List<Message> transcript(Iterable<ServerSentEvent> events) {
        List<Part> parts = new ArrayList<>();
        for (ServerSentEvent event : events) {
            if (!event.data().isBlank() && !event.data().equals("[DONE]")) {
                parts.add(new Part.Text(event.data()));
            }
        }
        return parts.isEmpty() ? List.of() : List.of(new Message(Role.ASSISTANT, parts));
    }

    /** Every further event with data is one more text. */
    OpenTranscript openTranscript(Iterable<ServerSentEvent> events) {
        List<OpenMessage> messages = transcript(events).stream()
                .map(message -> new OpenMessage(
                        message.role(),
                        message.parts().stream()
                                .map(part -> OpenPart.inPlace(part, false))
                                .toList()))
                .toList();
        return new OpenTranscript(name(), messages, JsonNodeFactory.instance.objectNode());
    }

    List<Message> answered(String responseBody) {
        return responseBody.isBlank()
                ? List.of()
                : List.of(new Message(Role.ASSISTANT, List.of(new Part.Text(responseBody))));
    }
}
