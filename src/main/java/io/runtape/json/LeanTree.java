package io.runtape.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.POJONode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A tree of a JSON text that takes at most a few times the memory of the text, for any text: an ordinary tree of
 * {@code [{},{},…]} would take 27 times as much. A member of the text, or of an opened object, that holds more values
 * than {@link #VALUES_MAX} stays text, in a node that is neither an object nor a list and prints as that text. Of very many members
 * the last ones are left out; a {@link Reading} tells of that.
 *
 * <p>Confined to one thread.
 */
public final class LeanTree {

    /** How many values of a text become nodes; each node takes up to 200 bytes. A text of up to 64 KiB has fewer. */
    private static final int VALUES_MAX = 50_000;

    /** An attribute of a writer that writes numbers with a fraction or an exponent by their values, and not as they were written. */
    public static final String NUMBERS_BY_VALUE = "numbers by value";

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final JsonParser parser;
    private final String text;
    private final Predicate<String> wanted;
    private int left = VALUES_MAX;
    private boolean truncated;

    private LeanTree(JsonParser parser, String text, Predicate<String> wanted) {
        this.parser = parser;
        this.text = text;
        this.wanted = wanted;
    }

    /**
     * What was read of a text.
     *
     * @param truncated whether members were left out
     */
    public record Reading(JsonNode root, boolean truncated) {}

    /**
     * Reads the text, or the first members of it if it has very many.
     *
     * @param opened the names of objects in the text's object whose members are also read one by one
     * @return null if it is not JSON
     */
    public static @Nullable JsonNode read(String text, Set<String> opened) {
        Reading reading = reading(text, opened);
        return reading == null ? null : reading.root;
    }

    /** The same, for those who must know whether that is all of it. */
    public static @Nullable Reading reading(String text, Set<String> opened) {
        return reading(text, opened, name -> true);
    }

    /**
     * The same of some members alone: of the others there may be any number.
     *
     * @param wanted takes the names of those members of the text's object, and of opened ones, that are read
     */
    public static @Nullable Reading reading(String text, Set<String> opened, Predicate<String> wanted) {
        try (JsonParser parser = LeanJson.parser(text)) {
            if (parser.nextToken() == null) {
                return null;
            }
            LeanTree tree = new LeanTree(parser, text, wanted);
            JsonNode root = parser.currentToken() == JsonToken.START_OBJECT ? tree.members(opened) : tree.value();
            // The parser decodes strings on demand only; here their errors must show.
            parser.finishToken();
            // Text such as "42 files" must not pass for the number it begins with.
            return parser.nextToken() == null ? new Reading(root, tree.truncated) : null;
        } catch (IOException noJson) {
            return null;
        }
    }

    /**
     * The elements of a list. Those of a list that stayed text are read one by one, each as if it were the whole text; they take
     * little memory as long as the caller keeps none of them.
     */
    public static Iterable<JsonNode> elements(JsonNode list) {
        String text = textOf(list);
        return isListIn(text) ? () -> new Elements(text) : list;
    }

    /** Whether this is a list, be it one that stayed text. */
    public static boolean isList(JsonNode value) {
        return value.isArray() || isListIn(textOf(value));
    }

    private static boolean isListIn(String text) {
        return text.startsWith("[");
    }

    /** The text of a value that stayed one; empty for others. */
    private static String textOf(JsonNode value) {
        return value instanceof POJONode node && node.getPojo() instanceof RawValue raw
                ? raw.rawValue().toString()
                : "";
    }

    /** The value in its smallest form in memory, to be kept and only written out again. */
    public static JsonNode compact(JsonNode value) {
        return value.isContainerNode() || value instanceof WrittenNumber ? WireJson.node(value.toString()) : value;
    }

    /** The same of a text, with all of its members; null if it is not JSON. */
    public static @Nullable JsonNode compact(String text) {
        Reading reading = reading(text, Set.of());
        if (reading == null) {
            return null;
        }
        return reading.truncated ? WireJson.node(text) : compact(reading.root);
    }

    /** The members of an object, each by itself. Members behind the last one that may become a node are left out. */
    private ObjectNode members(Set<String> opened) throws IOException {
        ObjectNode object = NODES.objectNode();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            JsonToken token = parser.nextToken();
            if (!wanted.test(name)) {
                parser.skipChildren();
            } else if (left <= 0) {
                parser.skipChildren();
                truncated = true;
            } else {
                left--;
                object.set(
                        name, token == JsonToken.START_OBJECT && opened.contains(name) ? members(Set.of()) : value());
            }
        }
        return object;
    }

    /** A value with everything in it, or its text if that is too much. */
    private JsonNode value() throws IOException {
        int before = left;
        long from = parser.currentTokenLocation().getCharOffset();
        JsonNode built = built();
        if (left >= 0 || !parser.currentToken().isStructEnd()) {
            left = Math.max(left, 0);
            return built;
        }
        left = before;
        long to = parser.currentLocation().getCharOffset();
        return WireJson.node(text.substring((int) from, (int) to));
    }

    /** Reads the value to its end, and stops building when it has built too much. */
    private JsonNode built() throws IOException {
        left--;
        return switch (parser.currentToken()) {
            case START_OBJECT -> object();
            case START_ARRAY -> array();
            case VALUE_STRING -> TextNode.valueOf(parser.getText());
            case VALUE_NUMBER_INT ->
                switch (parser.getNumberType()) {
                    case INT -> NODES.numberNode(parser.getIntValue());
                    case LONG -> NODES.numberNode(parser.getLongValue());
                    default -> NODES.numberNode(parser.getBigIntegerValue());
                };
            case VALUE_NUMBER_FLOAT -> new WrittenNumber(parser.getText());
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            case VALUE_NULL -> NODES.nullNode();
            case END_OBJECT, END_ARRAY, FIELD_NAME, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
                throw new IllegalStateException("no value: " + parser.currentToken());
        };
    }

    private ObjectNode object() throws IOException {
        ObjectNode object = NODES.objectNode();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            if (left < 0) {
                parser.skipChildren();
            } else {
                object.set(name, built());
            }
        }
        return object;
    }

    /** Those of a text that is a list. */
    private static final class Elements implements Iterator<JsonNode> {

        private final String text;
        private final JsonParser parser;

        private Elements(String text) {
            this.text = text;
            try {
                parser = LeanJson.parser(text);
                parser.nextToken();
                parser.nextToken();
            } catch (IOException e) {
                throw noLonger(e);
            }
        }

        @Override
        public boolean hasNext() {
            return parser.currentToken() != JsonToken.END_ARRAY;
        }

        @Override
        public JsonNode next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            try {
                JsonNode element = element();
                parser.nextToken();
                return element;
            } catch (IOException e) {
                throw noLonger(e);
            }
        }

        private JsonNode element() throws IOException {
            if (!parser.currentToken().isStructStart()) {
                return new LeanTree(parser, text, name -> true).built();
            }
            long from = parser.currentTokenLocation().getCharOffset();
            parser.skipChildren();
            long to = parser.currentLocation().getCharOffset();
            JsonNode element = LeanTree.read(text.substring((int) from, (int) to), Set.of());
            return element == null ? MissingNode.getInstance() : element;
        }

        private static UncheckedIOException noLonger(IOException e) {
            return new UncheckedIOException("was JSON when it became text", e);
        }
    }

    private ArrayNode array() throws IOException {
        ArrayNode array = NODES.arrayNode();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (left < 0) {
                parser.skipChildren();
            } else {
                array.add(built());
            }
        }
        return array;
    }
}
