package io.runtape.dialect;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.runtape.json.LeanJson;
import io.runtape.json.LeanTree;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The data of an event, read without trust in its structure. A field may be in the data itself, or in its {@code
 * payload} or {@code data}, and the data need not be JSON at all.
 */
final class Payload {
    /**
     * Objects of which single members are useful even if the whole object is too large to read: the wrappers of fields
     * that other events have at the top, and the response that OpenAI's events repeat.
     */
    private static final Set<String> OPENED = Set.of("payload", "data", "response");

    // Content may nest (a message in a delta in a list). Below this depth there is no text that a runtime meant to
    // show.
    private static final int TEXT_DEPTH_MAX = 6;

    private static final List<String> TEXT_NAMES =
            List.of("text", "content", "delta", "message", "output", "result", "value", "parts");

    private final JsonNode root;
    private final JsonNode inner;

    private Payload(JsonNode root) {
        this.root = root;
        this.inner = inner(root);
    }

    static Payload of(String data) {
        return new Payload(parsed(data));
    }

    static Payload of(JsonNode node) {
        return new Payload(node);
    }

    /** The data as JSON, as far as {@link LeanTree} expands it; as a JSON string if it is not JSON. */
    static JsonNode parsed(String data) {
        if (data.isBlank()) {
            return TextNode.valueOf(data);
        }
        JsonNode node = LeanTree.read(data, OPENED);
        return node == null ? TextNode.valueOf(data) : node;
    }

    /** The {@code type} of a JSON object, found without building a tree; null if it has none. */
    static @Nullable String typeIn(String data) {
        if (!data.startsWith("{")) {
            return null;
        }
        try (JsonParser parser = LeanJson.parser(data)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean type = parser.currentName().equals("type");
                JsonToken value = parser.nextToken();
                if (type) {
                    return value == JsonToken.VALUE_STRING ? parser.getText() : null;
                }
                parser.skipChildren();
            }
            return null;
        } catch (IOException noJson) {
            return null;
        }
    }

    private static JsonNode inner(JsonNode root) {
        JsonNode payload = root.path("payload");
        return payload.isObject()
                ? payload
                : root.path("data").isObject() ? root.path("data") : MissingNode.getInstance();
    }

    /** The first of these fields that is present and not null; null if there is no such field. */
    @Nullable
    JsonNode field(String... names) {
        for (String name : names) {
            JsonNode value = inner.path(name);
            if (value.isMissingNode() || value.isNull()) {
                value = root.path(name);
            }
            if (!value.isMissingNode() && !value.isNull()) {
                return value;
            }
        }
        return null;
    }

    /**
     * The id of the thing that the event is about. In a wrapped event it is inside: the wrapper's {@code id} is the
     * event's own.
     */
    @Nullable
    String id(String... names) {
        JsonNode holder = inner.isMissingNode() ? root : inner;
        for (String name : names) {
            JsonNode value = holder.path(name);
            if (value.isTextual() || value.isNumber()) {
                return value.asText();
            }
        }
        return null;
    }

    /** The first of these fields as a string; numbers are written out, objects are not. */
    @Nullable
    String string(String... names) {
        JsonNode value = field(names);
        return value == null || value.isContainerNode() || value.isPojo() ? null : value.asText();
    }

    /** The field, if it is an object. */
    @Nullable
    JsonNode object(String name) {
        JsonNode value = field(name);
        return value == null || !value.isObject() ? null : value;
    }

    @Nullable
    Integer integer(String name) {
        JsonNode value = field(name);
        return value == null || !value.canConvertToInt() ? null : value.asInt();
    }

    /** The text of this payload for a person; empty if it has none. */
    String text() {
        String nested = inner.isMissingNode() ? "" : text(inner, 0);
        return nested.isEmpty() ? text(root, 0) : nested;
    }

    /** The text in the first of these fields; empty if none is there. */
    String text(String... names) {
        JsonNode value = field(names);
        return value == null ? "" : text(value, 0);
    }

    /** The addition of a delta; its {@code delta} wins over the text so far, which some events send too. */
    String delta() {
        JsonNode delta = field("delta");
        return delta == null ? text() : text(delta, 0);
    }

    /** The text of a string, of a list of parts, or of an object's first field with text. */
    static String text(JsonNode node) {
        return text(node, 0);
    }

    private static String text(JsonNode node, int depth) {
        if (!node.isContainerNode()) {
            // A value too large to be expanded is not a text of the conversation.
            return node.isNull() || node.isMissingNode() || node.isPojo() ? "" : node.asText();
        }
        if (depth == TEXT_DEPTH_MAX || isAside(node)) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        if (node.isArray()) {
            node.forEach(item -> text.append(text(item, depth + 1)));
        } else if (node.isObject()) {
            for (String name : TEXT_NAMES) {
                text.append(text(node.path(name), depth + 1));
                if (!text.isEmpty()) {
                    break;
                }
            }
        }
        return text.toString();
    }

    /** Whether this part of a message is not text: a tool's call or result, or the model's reasoning. */
    private static boolean isAside(JsonNode node) {
        String type = node.path("type").asText("");
        return type.startsWith("tool_") || type.equals("thinking") || type.equals("reasoning");
    }

    /** The whole data, if it is not a JSON object. */
    @Nullable
    JsonNode plain() {
        return root.isObject() ? null : root;
    }

    /** The failure that it reports; null if it has neither {@code error} nor {@code message}. */
    @Nullable
    Failure failure() {
        JsonNode error = field("error");
        if (error != null && error.isObject()) {
            return failure(Payload.of(error));
        }
        if (error != null && error.isTextual()) {
            return new Failure(code(), error.asText());
        }
        return failure(this);
    }

    private static @Nullable Failure failure(Payload payload) {
        String message = payload.text();
        return message.isEmpty() && payload.field("code") == null ? null : new Failure(payload.code(), message);
    }

    private String code() {
        String code = string("code", "errorCode");
        return code == null ? Failure.NO_CODE : code;
    }
}
