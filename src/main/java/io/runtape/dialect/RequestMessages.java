package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.json.LeanTree;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The conversation in the body of a request, in any of the places that agent APIs use.
 *
 * @param messages the messages before the run; empty if nothing is understood
 * @param truncated whether something has more values than are read, and is left out
 */
public record RequestMessages(List<Message> messages, boolean truncated) {

    /** Each part takes up to some hundred bytes, however short its text. */
    private static final int PARTS_MAX = 50_000;

    /** The members of a request with prompts and messages, by the names of all agent APIs. */
    public static final Set<String> MEMBERS = Set.of("system", "instructions", "messages", "input", "prompt");

    /** LangGraph's way to go on from an interrupt: what a person answers is in there, beside what is no message. */
    private static final String COMMAND = "command";

    /** The list of LangGraph's messages is in there. */
    private static final Set<String> OPENED = Set.of("input");

    public RequestMessages {
        messages = List.copyOf(messages);
    }

    /** The conversation in this body. */
    public static RequestMessages of(String body) {
        LeanTree.Reading read = LeanTree.reading(body, OPENED, name -> MEMBERS.contains(name) || name.equals(COMMAND));
        return read == null ? new RequestMessages(List.of(), false) : new Reading(read.root(), read.truncated()).all();
    }

    /** Reads one request. */
    private static final class Reading {

        private final JsonNode request;
        private final List<Message> messages = new ArrayList<>();
        private int parts;
        private boolean truncated;

        private Reading(JsonNode request, boolean truncated) {
            this.request = request;
            this.truncated = truncated;
        }

        private RequestMessages all() {
            add(Role.SYSTEM, request.path("system"));
            add(Role.SYSTEM, request.path("instructions"));
            addAll(request.path("messages"));
            JsonNode input = request.path("input");
            if (input.isTextual()) {
                add(Role.USER, input);
            } else {
                addAll(input.isObject() ? input.path("messages") : input);
            }
            add(Role.USER, request.path("prompt"));
            add(Role.USER, request.path(COMMAND).path("resume"));
            return new RequestMessages(messages, truncated);
        }

        private void addAll(JsonNode said) {
            Map<String, String> names = new HashMap<>();
            Iterator<JsonNode> items = LeanTree.elements(said).iterator();
            while (items.hasNext() && parts < PARTS_MAX) {
                JsonNode item = items.next();
                truncated |= RequestItem.isTooLong(item);
                for (Message message : RequestItem.messages(item, !items.hasNext(), names)) {
                    messages.add(message);
                    parts += message.parts().size();
                }
            }
            truncated |= items.hasNext();
        }

        private void add(Role role, JsonNode said) {
            truncated |= said.isPojo();
            String text = Payload.text(said);
            if (!text.isEmpty()) {
                messages.add(new Message(role, List.of(new Part.Text(text))));
            }
        }
    }
}
