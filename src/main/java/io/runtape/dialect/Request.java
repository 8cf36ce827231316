package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** The conversation in the body of a request: {@code messages}, {@code prompt}, or both, as most agent APIs take it. */
final class Request {
    private Request() {}

    static List<Message> messages(String body) {
        JsonNode request = Payload.parsed(body);
        List<Message> messages = new ArrayList<>();
        for (JsonNode message : request.path("messages")) {
            add(messages, Role.of(message.path("role").asText("user")), text(message));
        }
        add(messages, Role.USER, Payload.text(request.path("prompt")));
        return messages;
    }

    private static String text(JsonNode message) {
        String content = Payload.text(message.path("content"));
        return content.isEmpty() ? Payload.text(message.path("parts")) : content;
    }

    private static void add(List<Message> messages, Role role, String text) {
        if (!text.isEmpty()) {
            messages.add(new Message(role, List.of(new Part.Text(text))));
        }
    }
}
