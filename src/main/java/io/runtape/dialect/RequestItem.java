package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import io.runtape.json.LeanTree;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One item of the conversation in a request, in any of the forms that agent APIs have: a message with its text, calls of tools and
 * their results, or a call or a result alone. Confined to one thread.
 */
final class RequestItem {

    /** How the parts of the AI SDK's messages begin that are calls of tools. */
    private static final String TOOL = "tool-";

    /** What models think is no message. */
    private static final String REASONING = "reasoning";

    private static final String[] IDS = {"call_id", "tool_call_id", "toolCallId", "tool_use_id", "id"};
    private static final String[] NAMES = {"name", "toolName"};
    private static final String[] INPUTS = {"arguments", "input", "args", "action", "operation", "queries", "code"};
    private static final String[] OUTPUTS = {"output", "outputs", "results", "result", "content", "parts", "error"};

    /** The types of parts of a tool's output for a model, beside texts and attachments. */
    private static final Set<String> HOSTED = Set.of(
            "search_result", "web_search_result", "tool_reference", "computer_screenshot", "resource_link", "media");

    /** The types of texts in it. */
    private static final Set<String> TEXTS = Set.of("text", "input_text", "output_text", "refusal");

    private final Map<String, String> names;

    /** The text since the last part of another kind. */
    private final StringBuilder text = new StringBuilder();

    /** Texts and attachments, calls and results. */
    private final List<Part> parts = new ArrayList<>();

    private final Set<String> callIds = new HashSet<>();

    private RequestItem(Map<String, String> names) {
        this.names = names;
    }

    /**
     * The messages that an item stands for; none if nothing of it is understood.
     *
     * @param last whether no item follows: results in the agent's own message are then new, as the AI SDK sends them
     * @param names the names of tools by the ids of the calls before, to which those of this item are added
     */
    static List<Message> messages(JsonNode item, boolean last, Map<String, String> names) {
        RequestItem read = new RequestItem(names);
        @Nullable Role role = read.read(item);
        return role == null ? List.of() : read.messages(role, last);
    }

    /** Whether a part of it has more values than are read, and is left out. Outputs of tools are told whole all the same. */
    static boolean isTooLong(JsonNode item) {
        boolean isOutput = role(item).equals(Role.TOOL.label());
        return !isOutput && item.path("content").isPojo()
                || item.path("parts").isPojo()
                || item.path("tool_calls").isPojo()
                || item.path("toolCalls").isPojo();
    }

    private static String role(JsonNode item) {
        return item.path("role").asText(item.path("type").asText(""));
    }

    /** Returns who says it; null of what nobody says. */
    private @Nullable Role read(JsonNode item) {
        String type = item.path("type").asText("");
        boolean isMessage = item.path("role").isTextual();
        String role = isMessage ? item.path("role").textValue() : type;
        if (role.equals(REASONING)) {
            return null;
        }
        if (!isMessage && OpenAiItem.isOutput(type)) {
            result(item, first(item, OUTPUTS));
            return Role.TOOL;
        }
        if (!isMessage && OpenAiItem.isCall(type)) {
            call(item, item, OpenAiItem.tool(type), type.startsWith("custom"));
            JsonNode output = first(item, "output", "outputs", "results", "error");
            if (Json.isGiven(output) || OpenAiItem.endsWithoutResult(item)) {
                result(item, output);
            }
            return Role.ASSISTANT;
        }
        Role speaker = Role.of(role.isEmpty() ? Role.USER.label() : role);
        message(item, speaker);
        return speaker;
    }

    private void message(JsonNode message, Role role) {
        content(message.path("content"));
        if (parts.isEmpty()) {
            content(message.path("parts"));
        }
        message.path("tool_calls").forEach(this::called);
        message.path("toolCalls").forEach(this::called);
        if (message.path("function_call").isObject()) {
            called(message.path("function_call"));
        }
        if (role == Role.TOOL && results().isEmpty()) {
            JsonNode content = message.path("content");
            boolean elsewhere = !Json.isGiven(content)
                    || content.isTextual() && content.textValue().isBlank();
            result(message, elsewhere ? TextNode.valueOf(joined()) : content);
            parts.removeIf(Part.Text.class::isInstance);
        }
    }

    /** Custom tools take plain text, functions take JSON. */
    private void called(JsonNode call) {
        boolean custom = call.path("custom").isObject();
        JsonNode of = call.path("function").isObject() ? call.path("function") : custom ? call.path("custom") : call;
        call(call, of, "", custom);
    }

    private void content(JsonNode content) {
        if (content.isArray()) {
            content.forEach(this::part);
        } else {
            say(Payload.text(content));
        }
        endText();
    }

    /** Each part of a content stands on lines of its own. */
    private void say(String part) {
        text.append(text.isEmpty() || part.isEmpty() ? "" : "\n").append(part);
    }

    /** An attachment is a part of its own: what the user wrote is the same without it. */
    private void attach(String shown) {
        if (!shown.isEmpty()) {
            add(new Part.Text(shown, true));
        }
    }

    private void add(Part part) {
        endText();
        parts.add(part);
    }

    private void endText() {
        if (!text.isEmpty()) {
            parts.add(new Part.Text(text.toString()));
            text.setLength(0);
        }
    }

    private String joined() {
        return parts.stream()
                .filter(Part.Text.class::isInstance)
                .map(part -> ((Part.Text) part).text())
                .collect(Collectors.joining("\n"));
    }

    private List<Part> results() {
        return parts.stream().filter(Part.ToolResult.class::isInstance).toList();
    }

    private void part(JsonNode part) {
        String type = part.path("type").asText("");
        if (part.has("toolCallId") && part.has("state")) {
            call(part, part, type.startsWith(TOOL) ? type.substring(TOOL.length()) : "", false);
            if (part.path("state").asText("").startsWith("output-")) {
                result(part, first(part, "output", "errorText"));
            }
        } else if (type.endsWith("tool_use") || type.equals("tool-call")) {
            call(part, part, "", false);
        } else if (type.endsWith("tool_result") || type.equals("tool-result")) {
            result(part, first(part, "content", "output", "result"));
        } else {
            String said = Payload.text(part);
            say(said);
            attach(said.isEmpty() ? Attachment.shown(part) : "");
        }
    }

    /** @param of what has the name and the arguments, which need not be what has the id */
    private void call(JsonNode call, JsonNode of, String otherwise, boolean plain) {
        String id = id(call);
        // Some clients send a call both as a part of the content and beside it.
        if (!id.isEmpty() && !callIds.add(id)) {
            return;
        }
        String name = first(of, NAMES).asText("");
        name = name.isEmpty() ? otherwise : name;
        names.put(id, name);
        add(new Part.ToolCall(id, name, input(first(of, INPUTS), plain)));
    }

    private void result(JsonNode of, JsonNode output) {
        String id = id(of);
        String name = first(of, NAMES).asText("");
        String status = of.path("status").asText("");
        boolean failed = of.path("is_error").asBoolean()
                || of.path("errorText").isTextual()
                || Json.isGiven(of.path("error"))
                || status.equals("error")
                || status.equals("failed")
                || output.path("type").asText("").endsWith("_error");
        add(new Part.ToolResult(
                id, name.isEmpty() ? names.getOrDefault(id, "") : name, output(output), null, failed, false));
    }

    /** An item's own id comes last: what names the call has it besides. */
    private static String id(JsonNode of) {
        return Ids.kept(first(of, IDS).asText(""));
    }

    private static JsonNode first(JsonNode of, String... names) {
        JsonNode found = of.path("");
        for (int i = 0; i < names.length && !Json.isGiven(found); i++) {
            found = of.path(names[i]);
        }
        return found;
    }

    private static @Nullable JsonNode input(JsonNode input, boolean plain) {
        if (!Json.isGiven(input)) {
            return null;
        }
        if (!input.isTextual() || plain) {
            return LeanTree.compact(input);
        }
        return input.textValue().isBlank() ? JsonNodeFactory.instance.objectNode() : Payload.whole(input.textValue());
    }

    /** Images and files are named, not shown. */
    private static @Nullable JsonNode output(JsonNode output) {
        if (!Json.isGiven(output)) {
            return null;
        }
        if (isContent(output)) {
            StringJoiner texts = new StringJoiner("\n");
            for (JsonNode part : output) {
                String text = part.isTextual() ? part.textValue() : shown(part);
                if (!text.isEmpty()) {
                    texts.add(text);
                }
            }
            return TextNode.valueOf(texts.toString());
        }
        boolean picture = output.path("type").isTextual() && output.has("image_url");
        return picture ? TextNode.valueOf(shown(output)) : LeanTree.compact(output);
    }

    /**
     * Whether this is a list of texts and parts for a model, of which one at least is known to be such. Other lists whose objects have
     * a type are data, such as the files of a folder, or the features of a map.
     */
    private static boolean isContent(JsonNode output) {
        boolean known = false;
        for (JsonNode part : output.isArray() ? output : List.<JsonNode>of()) {
            String type = Json.text(part, "/type").orElse("");
            if (!part.isTextual() && type.isEmpty()) {
                return false;
            }
            known |= part.isTextual()
                    || TEXTS.contains(type) && part.path("text").isTextual()
                    || HOSTED.contains(type)
                    || type.equals("resource") && part.path(type).isObject()
                    || Attachment.isOne(part);
        }
        return known;
    }

    private static String shown(JsonNode part) {
        if (part.path("text").isTextual()) {
            return part.path("text").textValue();
        }
        String attachment = Attachment.shown(part);
        return attachment.isEmpty() ? Attachment.named(part.path("type").textValue()) : attachment;
    }

    /** Results that a client sends with a text of its user's come before that. */
    private List<Message> messages(Role role, boolean last) {
        boolean own = role == Role.ASSISTANT;
        if (own && !last) {
            return parts.isEmpty() ? List.of() : List.of(new Message(role, parts));
        }
        List<Message> messages = new ArrayList<>();
        List<Part> results = results();
        List<Part> said = parts.stream()
                .filter(part -> !(part instanceof Part.ToolResult))
                .toList();
        if (!own && !results.isEmpty()) {
            messages.add(new Message(Role.TOOL, results));
        }
        if (!said.isEmpty()) {
            messages.add(new Message(role, said));
        }
        if (own && !results.isEmpty()) {
            messages.add(new Message(Role.TOOL, results));
        }
        return messages;
    }
}
