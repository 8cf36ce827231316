package io.runtape.dialect;

import io.runtape.sse.ServerSentEvent;
import java.util.ArrayList;
import java.util.List;

/** Takes the events for what they plainly are: pieces of text. It judges no outcome. */
final class UnknownDialect {
    String name() {
        return "unknown";
    }

    /** One text an event, as it stands; events without data and the sentinel {@code [DONE]} say nothing. */
    List<Message> transcript(Iterable<ServerSentEvent> events) {
        List<Part> parts = new ArrayList<>();
        for (ServerSentEvent event : events) {
            if (!event.data().isBlank() && !event.data().equals("[DONE]")) {
                parts.add(new Part.Text(event.data()));
            }
        }
        return parts.isEmpty() ? List.of() : List.of(new Message(Role.ASSISTANT, parts));
    }

    List<Message> answered(String responseBody) {
        return responseBody.isBlank()
                ? List.of()
                : List.of(new Message(Role.ASSISTANT, List.of(new Part.Text(responseBody))));
    }
}
