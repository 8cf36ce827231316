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
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads JSON value by value, and keeps only what the caller asks for. Safe for any thread. */
public final class LeanJson {

    /** A longer text, in characters or bytes, may hold so many names that a table of them would outgrow the text. */
    private static final int SHORT = 64 << 10;

    /** A name may have 50,000 characters, as of each text; here each of its bytes is one. */
    private static final int SLICED_NAME_MAX = 3 * StreamReadConstraints.DEFAULT_MAX_NAME_LEN;

    /** Characters that are decoded at once, only to see whether bytes are UTF-8. */
    private static final int DECODED_AT_ONCE = 8 << 10;

    /** Names come from outside. They stay no longer than the table, which begins anew when it is large. */
    private static final JsonFactory OF_SHORT = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private static final JsonFactory OF_LONG = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .build();

    /** Of a text that is sliced, nothing but names and numbers is decoded. */
    private static final JsonFactory OF_SLICED = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNameLength(SLICED_NAME_MAX)
                    .maxStringLength(SLICED_NAME_MAX)
                    .build())
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private static final JsonFactory OF_LONG_SLICED = OF_SLICED
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

    /**
     * A parser of some UTF-8 bytes of an array that tells where values are, for {@link JsonSlice}. It takes each byte for a character,
     * so that its places are counted in bytes: what it decodes is good for names in ASCII alone.
     *
     * @throws IOException if they are not UTF-8
     */
    public static JsonParser slicing(byte[] json, int from, int length) throws IOException {
        requireUtf8(json, from, length);
        return length <= SHORT
                ? OF_SLICED.createParser(new String(json, from, length, StandardCharsets.ISO_8859_1))
                : OF_LONG_SLICED.createParser(new InputStreamReader(
                        new ByteArrayInputStream(json, from, length), StandardCharsets.ISO_8859_1));
    }

    private static void requireUtf8(byte[] json, int from, int length) throws CharacterCodingException {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer bytes = ByteBuffer.wrap(json, from, length);
        CharBuffer decoded = CharBuffer.allocate(Math.min(length, DECODED_AT_ONCE));
        CoderResult step;
        do {
            step = decoder.decode(bytes, decoded, true);
            decoded.clear();
        } while (step.isOverflow());
        if (step.isError()) {
            step.throwException();
        }
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
            case VALUE_STRING -> copyString(at, to);
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> to.writeNumber(at.getText());
            case VALUE_TRUE -> to.writeBoolean(true);
            case VALUE_FALSE -> to.writeBoolean(false);
            case VALUE_NULL -> to.writeNull();
            case NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT -> throw new IllegalStateException("not of text: " + token);
        }
        return token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
    }

    /** In pieces: the text of a long one would take twice the memory that the parser has of it already. */
    private static void copyString(JsonParser at, JsonGenerator to) throws IOException {
        to.writeRawValue("\"");
        at.getText(new EscapedText(to));
        to.writeRaw('"');
    }
}
