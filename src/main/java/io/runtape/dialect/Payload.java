package io.runtape.dialect;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.runtape.json.LeanJson;
import io.runtape.json.LeanTree;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the data of events without trust in its structure; it need not be JSON at all. */
public final class Payload {
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

    private Payload() {}

    /** The data as JSON, as far as {@link LeanTree} expands it; as a JSON string if it is not JSON. */
    public static JsonNode parsed(String data) {
        if (data.isBlank()) {
            return TextNode.valueOf(data);
        }
        JsonNode node = LeanTree.read(data, OPENED);
        return node == null ? TextNode.valueOf(data) : node;
    }

    /** Data that is only written out again, in its smallest form in memory, with all of its members; a JSON string if it is not JSON. */
    public static JsonNode whole(String data) {
        JsonNode node = LeanTree.compact(data);
        return node == null ? TextNode.valueOf(data) : node;
    }

    /** The elements of a list, however many values it has; see {@link LeanTree#elements}. */
    public static Iterable<JsonNode> elements(JsonNode list) {
        return LeanTree.elements(list);
    }

    /** Whether this is a list, however many values it has. */
    public static boolean isList(JsonNode value) {
        return LeanTree.isList(value);
    }

    /** Whether this may be a JSON object: white space may come first (RFC 8259, section 2). */
    private static boolean isObject(String data) {
        int at = 0;
        while (at < data.length() && " \t\n\r".indexOf(data.charAt(at)) >= 0) {
            at++;
        }
        return at < data.length() && data.charAt(at) == '{';
    }

    /** The {@code type} of a JSON object, found without building a tree; null if it has none. */
    public static @Nullable String typeIn(String data) {
        if (!isObject(data)) {
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

    /**
     * The text of a string, of a list of parts, or of an object's first field with text. Parts stand on lines of their
     * own. Empty for a part of a message that is not text.
     */
    public static String text(JsonNode node) {
        return isAside(node) ? "" : textOfAny(node);
    }

    /** The same of a delta, whose parts are pieces of one text. */
    public static String delta(JsonNode node) {
        return isAside(node) ? "" : deltaOfAny(node);
    }

    /** The text of a value that is no part of a message, such as an event's data: its type does not say whether it is text. */
    public static String textOfAny(JsonNode node) {
        return text(node, "\n", 0);
    }

    /** The same of a delta. */
    public static String deltaOfAny(JsonNode node) {
        return text(node, "", 0);
    }

    private static String text(JsonNode node, String gap, int depth) {
        if (!node.isContainerNode()) {
            // A value too large to be expanded is not a text of the conversation.
            return node.isNull() || node.isMissingNode() || node.isPojo() ? "" : node.asText();
        }
        if (depth == TEXT_DEPTH_MAX || depth > 0 && isAside(node)) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        if (node.isArray()) {
            for (JsonNode item : node) {
                String part = text(item, gap, depth + 1);
                text.append(text.isEmpty() || part.isEmpty() ? "" : gap).append(part);
            }
        } else if (node.isObject()) {
            for (String name : TEXT_NAMES) {
                text.append(text(node.path(name), gap, depth + 1));
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
}
