package io.runtape.search;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.json.LeanJson;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The text of JSON: a string itself, and of other values their names and values, without signs and escapes. */
final class JsonWords {

    private JsonWords() {}

    /** @param charsMax the text is cut after so many characters */
    static String of(@Nullable JsonNode value, int charsMax) {
        if (value == null || value.isNull()) {
            return "";
        }
        return value.isTextual() ? value.textValue() : of(value.toString(), charsMax);
    }

    /** The same of a JSON text; what is none after all is its own text. */
    static String of(String json, int charsMax) {
        StringBuilder words = new StringBuilder();
        try (JsonParser parser = LeanJson.parser(json)) {
            JsonToken token = parser.nextToken();
            while (token != null && words.length() < charsMax) {
                if (token == JsonToken.FIELD_NAME) {
                    words.append(parser.currentName()).append(": ");
                } else if (token.isScalarValue() && token != JsonToken.VALUE_NULL) {
                    words.append(parser.getText()).append(' ');
                }
                token = parser.nextToken();
            }
        } catch (IOException e) {
            return words.isEmpty() ? json : words.toString();
        }
        return words.toString().strip();
    }
}
