package io.runtape.search;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.json.LeanJson;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The text of JSON: a string itself, and of other values their names and values, without signs and escapes. A string that is the
 * text of an object or of a list says what that says: tools answer so, and agents with a schema for their answers.
 */
final class JsonWords {

    /** So deep are strings read as JSON that stand in such strings: the gateways of tools wrap what tools say once. */
    private static final int NESTED_MAX = 2;

    private JsonWords() {}

    /** @param charsMax the text is cut after so many characters, or behind the value that they end in */
    static String of(@Nullable JsonNode value, int charsMax) {
        if (value == null || value.isNull()) {
            return "";
        }
        return value.isTextual() ? ofText(value.textValue(), charsMax) : of(value.toString(), charsMax);
    }

    /** The same of a JSON text; what is none after all is its own text. */
    static String of(String json, int charsMax) {
        StringBuilder words = new StringBuilder();
        try {
            add(json, charsMax, NESTED_MAX, words);
        } catch (IOException e) {
            return words.isEmpty() ? json : words.toString();
        }
        return words.toString().strip();
    }

    /** The same of a string. */
    static String ofText(String text, int charsMax) {
        return said(text, charsMax, NESTED_MAX);
    }

    /** @param levels how many levels of strings are read as JSON */
    private static String said(String text, int charsMax, int levels) {
        if (levels == 0 || !mayBeJson(text)) {
            return text;
        }
        StringBuilder words = new StringBuilder();
        try {
            add(text, charsMax, levels - 1, words);
        } catch (IOException e) {
            return text;
        }
        return words.toString().strip();
    }

    private static boolean mayBeJson(String text) {
        int at = 0;
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at < text.length() && (text.charAt(at) == '{' || text.charAt(at) == '[');
    }

    private static void add(String json, int charsMax, int levels, StringBuilder words) throws IOException {
        try (JsonParser parser = LeanJson.parser(json)) {
            JsonToken token = parser.nextToken();
            while (token != null && words.length() < charsMax) {
                if (token == JsonToken.FIELD_NAME) {
                    words.append(parser.currentName()).append(": ");
                } else if (token == JsonToken.VALUE_STRING) {
                    words.append(said(parser.getText(), charsMax - words.length(), levels))
                            .append(' ');
                } else if (token.isScalarValue() && token != JsonToken.VALUE_NULL) {
                    words.append(parser.getText()).append(' ');
                }
                token = parser.nextToken();
            }
        }
    }
}
