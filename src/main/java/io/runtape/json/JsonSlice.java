package io.runtape.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.MalformedInputException;

/**
 * A value within the UTF-8 bytes of a JSON text. Nothing of it is decoded until it is asked for, and a string is decoded into as many
 * bytes as it has: a parser takes six times as many on the way to one, and more for its text. Good as long as the bytes stay; safe
 * for any thread.
 */
public final class JsonSlice {

    /** The most bytes that JSON has for a character: a backslash, a letter and four digits. */
    private static final int BYTES_OF_CHARACTER_MAX = 6;

    private final byte[] json;
    private final JsonToken token;
    private final int from;
    private final int end;

    private JsonSlice(byte[] json, JsonToken token, int from, int end) {
        this.json = json;
        this.token = token;
        this.from = from;
        this.end = end;
    }

    /**
     * The value at a parser, which goes to the end of it. Use it when the parser has read all of the text, and so found no fault in
     * it.
     *
     * @param at a {@linkplain LeanJson#slicing slicing} parser
     * @param json its bytes
     * @param begin the index of its first byte
     */
    public static JsonSlice at(JsonParser at, byte[] json, int begin) throws IOException {
        JsonToken token = at.currentToken();
        int from = begin + (int) at.currentTokenLocation().getCharOffset();
        if (token == JsonToken.VALUE_STRING) {
            // The parser tells where a string ends only once it has decoded it.
            return new JsonSlice(json, token, from, endOfString(json, from));
        }
        at.skipChildren();
        return new JsonSlice(
                json, token, from, begin + (int) at.currentLocation().getCharOffset());
    }

    /** Of a string without an end, the end of the bytes: the parser is about to find that. */
    private static int endOfString(byte[] json, int from) {
        int at = from + 1;
        while (at < json.length && json[at] != '"') {
            at += json[at] == '\\' ? 2 : 1;
        }
        return Math.min(at + 1, json.length);
    }

    /** What it is; of an object or a list, how it begins. */
    public JsonToken token() {
        return token;
    }

    /** The index of its first byte. */
    public int from() {
        return from;
    }

    /** How many bytes it has, with the quotes of a string. */
    public int length() {
        return end - from;
    }

    /** Whether it has too many bytes to have no more than so many characters, where an escape sequence is one. */
    public boolean isLongerThan(int chars) {
        return length() - 2 > (long) BYTES_OF_CHARACTER_MAX * chars;
    }

    /** Its JSON text, as it is written. */
    public String json() {
        return new String(json, from, length(), UTF_8);
    }

    /** Whether something in it, which is a string, is written as an escape sequence. */
    public boolean isEscaped() {
        return utf8Length() < length() - 2;
    }

    /** How many bytes {@link #utf8} has. */
    public int utf8Length() {
        int length = 0;
        for (int at = from + 1; at < end - 1; length++) {
            if (json[at] != '\\') {
                at++;
            } else if (json[at + 1] != 'u') {
                at += 2;
            } else {
                int unit = unit(at);
                // Half of a surrogate pair has two of the pair's four bytes.
                length += unit < 0x80 ? 0 : unit < 0x800 || Character.isSurrogate((char) unit) ? 1 : 2;
                at += 6;
            }
        }
        return length;
    }

    /**
     * The string that it is, as UTF-8 bytes.
     *
     * @throws CharacterCodingException if it has half of a surrogate pair
     */
    public byte[] utf8() throws CharacterCodingException {
        byte[] utf8 = new byte[utf8Length()];
        int to = 0;
        int at = from + 1;
        while (at < end - 1) {
            if (json[at] != '\\') {
                utf8[to++] = json[at++];
            } else if (json[at + 1] != 'u') {
                utf8[to++] = escaped(json[at + 1]);
                at += 2;
            } else {
                int character = character(at);
                at += Character.isSupplementaryCodePoint(character) ? 12 : 6;
                for (byte each : Character.toString(character).getBytes(UTF_8)) {
                    utf8[to++] = each;
                }
            }
        }
        return utf8;
    }

    private static byte escaped(byte letter) {
        return switch (letter) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> letter;
        };
    }

    /** The character of one escape sequence, or of two that are a surrogate pair. */
    private int character(int at) throws CharacterCodingException {
        int unit = unit(at);
        if (!Character.isSurrogate((char) unit)) {
            return unit;
        }
        int next = at + 6;
        // Behind the last character there is the closing quote.
        boolean isFollowed = json[next] == '\\' && json[next + 1] == 'u';
        int other = isFollowed ? unit(next) : 0;
        if (!Character.isSurrogatePair((char) unit, (char) other)) {
            throw new MalformedInputException(1);
        }
        return Character.toCodePoint((char) unit, (char) other);
    }

    private int unit(int at) {
        int unit = 0;
        for (int i = at + 2; i < at + 6; i++) {
            unit = unit << 4 | Character.digit(json[i], 16);
        }
        return unit;
    }

    /**
     * The string that it is.
     *
     * @throws CharacterCodingException if it has half of a surrogate pair
     */
    public String text() throws CharacterCodingException {
        return new String(utf8(), UTF_8);
    }
}
