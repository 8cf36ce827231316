package io.runtape.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads JSON value by value, and keeps only what the caller asks for. Safe for any thread. */
public final class LeanJson {

    /** A longer text, in characters or bytes, may hold so many names that a table of them would outgrow the text. */
    private static final int SHORT = 64 << 10;

    /** Names come from outside. They stay no longer than the table, which begins anew when it is large. */
    private static final JsonFactory OF_SHORT = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private static final JsonFactory OF_LONG = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .build();

    /** The length of a string is the text's own bound here; otherwise it would be 20 million characters. */
    private static final JsonFactory OF_BOUNDED = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private static final JsonFactory OF_LONG_BOUNDED = OF_BOUNDED
            .rebuild()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .build();

    /**
     * What an agent API sends may nest 1,000 levels deep, and stands a few levels deeper in what the gateway makes of it. A text in it
     * may be as long as all events together.
     */
    private static final JsonFactory OF_KEPT = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(1100)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .build();

    private LeanJson() {}

    /** A parser of some UTF-8 bytes of an array, whose number the caller has bounded: strings may be as long as they are. */
    public static JsonParser parser(byte[] json, int from, int length) throws IOException {
        if (length <= SHORT) {
            return OF_BOUNDED.createParser(json, from, length);
        }
        return OF_LONG_BOUNDED.createParser(new InputStreamReader(
                new ByteArrayInputStream(json, from, length), StandardCharsets.UTF_8.newDecoder()));
    }

    /** A parser of these bytes; it detects their encoding. */
    public static JsonParser parser(byte[] json) throws IOException {
        return (json.length <= SHORT ? OF_SHORT : OF_LONG).createParser(json);
    }

    /**
     * A parser of these UTF-8 bytes as characters. Unlike a parser of bytes, it accepts names with half of a surrogate
     * pair.
     *
     * @throws IOException if the bytes are not UTF-8, at the latest when the parser gets there
     */
    public static JsonParser parserOfCharacters(byte[] json) throws IOException {
        Reader characters = new InputStreamReader(new ByteArrayInputStream(json), StandardCharsets.UTF_8.newDecoder());
        return (json.length <= SHORT ? OF_SHORT : OF_LONG).createParser(characters);
    }

    /** A parser of this text. */
    public static JsonParser parser(String json) throws IOException {
        return (json.length() <= SHORT ? OF_SHORT : OF_LONG).createParser(json);
    }

    /** A parser of a text that the gateway has written, which may hold a value of any depth that it reads. */
    public static JsonParser parserOfKept(String json) throws IOException {
        return OF_KEPT.createParser(json);
    }

    /** Whether a text is one JSON value. */
    public static boolean isOneValue(String json) {
        try (JsonParser parser = parser(json)) {
            boolean begins = parser.nextToken() != null;
            parser.skipChildren();
            return begins && parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * The string at the parser, cut after this many characters; null if the parser is at another value, which is
     * skipped.
     */
    public static @Nullable String text(JsonParser at, int charsMax) throws IOException {
        if (at.currentToken() != JsonToken.VALUE_STRING) {
            at.skipChildren();
            return null;
        }
        CutText text = new CutText(charsMax);
        at.getText(text);
        return text.toString();
    }

    /**
     * The JSON text of the object at the parser, without white space between its tokens. Numbers keep their text, since
     * no number type holds all of them. Null if the parser is at another value, or if the text is longer than this many
     * characters; either is skipped.
     */
    public static @Nullable String object(JsonParser at, int charsMax) throws IOException {
        if (at.currentToken() != JsonToken.START_OBJECT) {
            at.skipChildren();
            return null;
        }
        CutText text = new CutText(charsMax);
        copy(at, text);
        return text.isCut() ? null : text.toString();
    }

    /** The JSON text of the value at the parser, in the same form; null if it is longer than this many characters. */
    public static @Nullable String value(JsonParser at, int charsMax) throws IOException {
        CutText text = new CutText(charsMax);
        copy(at, text);
        return text.isCut() ? null : text.toString();
    }

    private static void copy(JsonParser at, Writer to) throws IOException {
        try (JsonGenerator copy = OF_LONG.createGenerator(to)) {
            int depth = copyToken(at, at.currentToken(), copy);
            while (depth > 0) {
                depth += copyToken(at, at.nextToken(), copy);
            }
        }
    }

    /**
     * Writes a token that the parser is at; numbers keep their text.
     *
     * @return how much deeper the parser is after the token
     */
    public static int copyToken(JsonParser at, JsonToken token, JsonGenerator to) throws IOException {
        switch (token) {
            case START_OBJECT -> to.writeStartObject();
            case END_OBJECT -> to.writeEndObject();
            case START_ARRAY -> to.writeStartArray();
            case END_ARRAY -> to.writeEndArray();
            case FIELD_NAME -> to.writeFieldName(at.currentName());
            case VALUE_STRING -> to.writeString(at.getText());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> to.writeNumber(at.getText());
            case VALUE_TRUE -> to.writeBoolean(true);
            case VALUE_FALSE -> to.writeBoolean(false);
            case VALUE_NULL -> to.writeNull();
            case NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT -> throw new IllegalStateException("not of text: " + token);
        }
        return token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
    }
}
