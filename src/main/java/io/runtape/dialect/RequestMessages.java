package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The conversation in the body of a request, in any of the places that agent APIs use. */
public final class RequestMessages {

    private RequestMessages() {}

    /** The messages before the run; empty if nothing is understood. */
    public static List<Message> of(String body) {
        JsonNode request = Payload.parsed(body);
        List<Message> messages = new ArrayList<>();
        add(messages, Role.SYSTEM, Payload.text(request.path("system")));
        add(messages, Role.SYSTEM, Payload.text(request.path("instructions")));
        addAll(messages, request.path("messages"));
        JsonNode input = request.path("input");
        if (input.isTextual()) {
            add(messages, Role.USER, input.textValue());
        } else {
            addAll(messages, input.isArray() ? input : input.path("messages"));
        }
        add(messages, Role.USER, Payload.text(request.path("prompt")));
        return messages;
    }

    private static void addAll(List<Message> messages, JsonNode said) {
        Map<String, String> names = new HashMap<>();
        int left = said.size();
        for (JsonNode item : said) {
            messages.addAll(RequestItem.messages(item, --left == 0, names));
        }
    }

    private static void add(List<Message> messages, Role role, String text) {
        if (!text.isEmpty()) {
            messages.add(new Message(role, List.of(new Part.Text(text))));
        }
    }
}
