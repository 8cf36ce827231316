package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.runtape.json.LeanTree;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One item of the conversation in a request, in any of the forms that agent APIs have: a message with its text, calls of tools and
 * their results, or a call or a result alone. Confined to one thread.
 */
final class RequestItem {

    /** How the types of OpenAI's items end that are calls of tools, and results of them. */
    private static final String CALL = "_call";

    private static final String CALL_OUTPUT = "_call_output";

    /** How the parts of the AI SDK's messages begin that are calls of tools. */
    private static final String TOOL = "tool-";

    private final StringBuilder text = new StringBuilder();
    private final List<Part> calls = new ArrayList<>();
    private final List<Part> results = new ArrayList<>();

    private RequestItem() {}

    /** The messages that an item stands for; none if nothing of it is understood. */
    static List<Message> messages(JsonNode item) {
        RequestItem read = new RequestItem();
        return read.as(read.role(item));
    }

    private Role role(JsonNode item) {
        String type = item.path("type").asText("");
        if (item.path("role").isTextual()) {
            Role role = Role.of(item.path("role").textValue());
            message(item, role);
            return role;
        }
        if (type.endsWith(CALL_OUTPUT)) {
            result(item, item.path("output"));
            return Role.TOOL;
        }
        if (type.endsWith(CALL)) {
            call(item, item, type.substring(0, type.length() - CALL.length()));
            if (item.has("output")) {
                result(item, item.path("output"));
            }
            return Role.ASSISTANT;
        }
        if (!type.equals("reasoning")) {
            Role role = Role.of(type.isEmpty() ? Role.USER.label() : type);
            message(item, role);
            return role;
        }
        return Role.ASSISTANT;
    }

    private void message(JsonNode message, Role role) {
        read(message.path("content"));
        if (text.isEmpty() && calls.isEmpty() && results.isEmpty()) {
            read(message.path("parts"));
        }
        message.path("tool_calls").forEach(call -> call(call, called(call), ""));
        message.path("toolCalls").forEach(call -> call(call, called(call), ""));
        if (message.path("function_call").isObject()) {
            call(message.path("function_call"), message.path("function_call"), "");
        }
        if (role == Role.TOOL && results.isEmpty()) {
            result(message, message.path("content"));
            text.setLength(0);
        }
    }

    /** What has the name and the arguments of a call. */
    private static JsonNode called(JsonNode call) {
        return call.path("function").isObject()
                ? call.path("function")
                : call.path("custom").isObject() ? call.path("custom") : call;
    }

    private void read(JsonNode content) {
        if (content.isArray()) {
            content.forEach(this::part);
        } else {
            text.append(Payload.text(content));
        }
    }

    private void part(JsonNode part) {
        String type = part.path("type").asText("");
        if (type.endsWith("tool_use") || type.equals("tool-call")) {
            call(part, part, "");
        } else if (type.endsWith("tool_result") || type.equals("tool-result")) {
            result(part, first(part, "content", "output", "result"));
        } else if (part.has("toolCallId")) {
            call(part, part, type.startsWith(TOOL) ? type.substring(TOOL.length()) : "");
            if (Json.isGiven(part.path("output")) || part.path("errorText").isTextual()) {
                result(part, first(part, "output", "errorText"));
            }
        } else {
            text.append(Payload.text(part));
        }
    }

    /** @param of what has the name and the arguments, which need not be what has the id */
    private void call(JsonNode call, JsonNode of, String otherwise) {
        String name = first(of, "name", "toolName").asText("");
        JsonNode input = first(of, "arguments", "input", "args", "action");
        calls.add(new Part.ToolCall(id(call), name.isEmpty() ? otherwise : name, arguments(input)));
    }

    private void result(JsonNode of, JsonNode output) {
        boolean failed = of.path("is_error").asBoolean()
                || of.path("errorText").isTextual()
                || of.path("status").asText("").equals("error");
        results.add(new Part.ToolResult(
                id(of), first(of, "name", "toolName").asText(""), output(output), null, failed, false));
    }

    /** A call's own id comes last: what names the call has it besides. */
    private static String id(JsonNode of) {
        return Ids.kept(first(of, "call_id", "tool_call_id", "toolCallId", "tool_use_id", "id")
                .asText(""));
    }

    private static JsonNode first(JsonNode of, String... names) {
        JsonNode found = of.path("");
        for (int i = 0; i < names.length && !Json.isGiven(found); i++) {
            found = of.path(names[i]);
        }
        return found;
    }

    private static @Nullable JsonNode arguments(JsonNode input) {
        if (!Json.isGiven(input)) {
            return null;
        }
        return LeanTree.compact(input.isTextual() ? Payload.parsed(input.textValue()) : input);
    }

    private static @Nullable JsonNode output(JsonNode output) {
        if (!Json.isGiven(output)) {
            return null;
        }
        String texts = Json.joinedTexts(output);
        return texts.isEmpty() ? LeanTree.compact(output) : TextNode.valueOf(texts);
    }

    /** Results that a client sends with a text of its user's come before that. */
    private List<Message> as(Role role) {
        List<Message> messages = new ArrayList<>();
        List<Part> parts = new ArrayList<>();
        if (!text.isEmpty()) {
            parts.add(new Part.Text(text.toString()));
        }
        parts.addAll(calls);
        if (role == Role.ASSISTANT) {
            parts.addAll(results);
        } else if (!results.isEmpty()) {
            messages.add(new Message(Role.TOOL, results));
        }
        if (!parts.isEmpty()) {
            messages.add(new Message(role, parts));
        }
        return messages;
    }
}
