package io.runtape.history;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A text that a response holds as the JSON value that it is, or as a string if it is not JSON. The value is written as it
 * stands: numbers keep their digits, and repeated fields stay. Only one with line ends between its tokens is copied token by
 * token, without a tree and without them, so that it fits on a line.
 *
 * @param text the text
 */
@JsonSerialize(using = JsonText.Serializer.class)
public record JsonText(String text) {

    /**
     * A text that nests deeper becomes a string. A response puts the text a few levels deep, and should stay below the
     * 1,000 levels that common parsers take.
     */
    private static final int DEPTH_MAX = 900;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(DEPTH_MAX).build())
            // Field names come from strangers: a table of them would only grow.
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .build();

    /** Wraps the text; null stays null. */
    public static @Nullable JsonText orNull(@Nullable String text) {
        return text == null ? null : new JsonText(text);
    }

    private boolean isJson() {
        return isPlain() || isParsed();
    }

    /** An empty object, or a string that is written as it is: most texts of a list are, and a parser takes longer than they do. */
    private boolean isPlain() {
        int last = text.length() - 1;
        if (last < 1 || text.charAt(0) != '"' || text.charAt(last) != '"') {
            return text.equals("{}");
        }
        for (int i = 1; i < last; i++) {
            char c = text.charAt(i);
            if (c < ' ' || c == '"' || c == '\\') {
                return false;
            }
        }
        return true;
    }

    private boolean isParsed() {
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            // The parser decodes strings and numbers only on demand; here their errors must show.
            parser.finishToken();
            return parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }

    /** JSON has them nowhere but between tokens. */
    private boolean hasLineEnds() {
        return text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0;
    }

    private void copy(JsonGenerator to) throws IOException {
        try (JsonParser parser = JSON.createParser(text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                switch (token) {
                    case START_OBJECT -> to.writeStartObject();
                    case END_OBJECT -> to.writeEndObject();
                    case START_ARRAY -> to.writeStartArray();
                    case END_ARRAY -> to.writeEndArray();
                    case FIELD_NAME -> to.writeFieldName(parser.currentName());
                    case VALUE_STRING -> to.writeString(parser.getText());
                    case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> to.writeNumber(parser.getText());
                    case VALUE_TRUE -> to.writeBoolean(true);
                    case VALUE_FALSE -> to.writeBoolean(false);
                    case VALUE_NULL -> to.writeNull();
                    case NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
                        throw new IllegalStateException("not of text: " + token);
                }
            }
        }
    }

    /** Writes the value. */
    static final class Serializer extends JsonSerializer<JsonText> {
        @Override
        public void serialize(JsonText value, JsonGenerator to, SerializerProvider serializers) throws IOException {
            if (!value.isJson()) {
                to.writeString(value.text());
            } else if (value.hasLineEnds()) {
                value.copy(to);
            } else {
                to.writeRawValue(value.text());
            }
        }
    }
}
