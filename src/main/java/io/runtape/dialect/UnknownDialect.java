package io.runtape.dialect;

import io.runtape.sse.ServerSentEvent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes the events for what they plainly are: pieces of text. It judges no outcome. */
final class UnknownDialect implements Dialect {
    private static final RunDigest NOTHING = new RunDigest() {
        @Override
        public void event(@Nullable String type, byte[] block, int from, int to, boolean streamStart) {}

        @Override
        public void response(byte[] body, int from, int to) {}

        @Override
        public Outcome outcome() {
            return Outcome.UNKNOWN;
        }
    };

    @Override
    public String name() {
        return "unknown";
    }

    @Override
    public RunDigest digest() {
        return NOTHING;
    }

    @Override
    public List<Message> asked(String requestBody) {
        return Request.messages(requestBody);
    }

    /** One text an event, as it stands; events without data and the sentinel {@code [DONE]} say nothing. */
    @Override
    public List<Message> transcript(Iterable<ServerSentEvent> events) {
        List<Part> parts = new ArrayList<>();
        for (ServerSentEvent event : events) {
            if (!event.data().isBlank() && !event.data().equals("[DONE]")) {
                parts.add(new Part.Text(event.data()));
            }
        }
        return parts.isEmpty() ? List.of() : List.of(new Message(Role.ASSISTANT, parts));
    }

    @Override
    public List<Message> answered(String responseBody) {
        return responseBody.isBlank()
                ? List.of()
                : List.of(new Message(Role.ASSISTANT, List.of(new Part.Text(responseBody))));
    }
}
