package io.runtape.archive;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.runtape.json.JsonSlice;
import io.runtape.json.LeanJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The members of one line of an archive. Every accessor throws {@link DamagedRunException} if the member is missing where
 * it is needed, or has another type. Names that no one asks for are left alone: a later version may add some.
 */
final class ArchiveLine {

    /** As some libraries write what base64 ends with. */
    private static final String ESCAPED_PADDING = "\\u003d";

    /** The members that are asked for. Any other is skipped: a line of many would take many times the memory of its text. */
    private static final Set<String> NAMES = Set.of(
            ArchiveFormat.LINE,
            "agent",
            "archived",
            "base64",
            "byteCount",
            ArchiveFormat.CHECK,
            "completedAt",
            "config",
            "createdAt",
            "cut",
            "dialect",
            "digest",
            "error",
            "eventCount",
            "finishReason",
            "firstEventAt",
            "format",
            "frameCount",
            "frames",
            "headers",
            "id",
            "idSetBy",
            "iterations",
            "kind",
            "metadata",
            "model",
            "offsetUs",
            "ordinal",
            "parts",
            "path",
            "prompt",
            "reason",
            "result",
            "run",
            "runs",
            "sequence",
            "status",
            "stream",
            "text",
            "thread",
            "threadId",
            "title",
            "type",
            "updatedAt",
            "upstream",
            "upstreamRunId",
            "usage",
            "version");

    /** Longer than any time, and than any digest. */
    private static final int WORD_CHARS_MAX = 100;

    /** A byte order mark, with which some editors begin a file. */
    private static final byte[] MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    /** Times that a gateway may have had when it recorded a run. */
    private static final Instant EARLIEST = Instant.EPOCH;

    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999Z");

    private static final Pattern DIGEST = Pattern.compile(ArchiveFormat.SHA_256 + "[0-9a-f]{64}");

    private final byte[] bytes;
    private final Map<String, JsonSlice> members = new HashMap<>();

    private ArchiveLine(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Reads a line.
     *
     * @param bytes must stay as they are for as long as the line is asked for its members
     * @throws DamagedRunException if it is not one JSON object
     */
    static ArchiveLine of(byte[] bytes, int from, int length) {
        int begin = isMarked(bytes, from, length) ? from + MARK.length : from;
        try (JsonParser parser = LeanJson.slicing(bytes, begin, from + length - begin)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new DamagedRunException("the line is no JSON object");
            }
            ArchiveLine line = new ArchiveLine(bytes);
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                line.member(parser, begin);
            }
            if (parser.nextToken() != null) {
                throw new DamagedRunException("something follows the JSON object of the line");
            }
            return line;
        } catch (StreamConstraintsException e) {
            // Too deep, or a number or a name that is too long; it may not say where.
            throw new DamagedRunException("the line has more than is read: " + e.getOriginalMessage());
        } catch (JsonProcessingException e) {
            throw new DamagedRunException(
                    "the line is no JSON, at column " + e.getLocation().getColumnNr());
        } catch (IOException e) {
            throw new DamagedRunException("the line is no JSON: it is not UTF-8");
        }
    }

    private static boolean isMarked(byte[] bytes, int from, int length) {
        return length > MARK.length && Arrays.equals(bytes, from, from + MARK.length, MARK, 0, MARK.length);
    }

    private void member(JsonParser parser, int begin) throws IOException {
        String name = parser.currentName();
        JsonToken token = parser.nextToken();
        if (!NAMES.contains(name)) {
            parser.skipChildren();
        } else if (token != JsonToken.VALUE_NULL && members.put(name, JsonSlice.at(parser, bytes, begin)) != null) {
            throw new DamagedRunException(name + " comes twice");
        }
    }

    private @Nullable JsonSlice member(String name) {
        if (!NAMES.contains(name)) {
            throw new IllegalArgumentException(name + " is skipped where a line is read");
        }
        return members.get(name);
    }

    private @Nullable JsonSlice member(String name, Predicate<JsonToken> type, String allowed) {
        JsonSlice value = member(name);
        if (value != null && !type.test(value.token())) {
            throw new DamagedRunException(name + " must be " + allowed);
        }
        return value;
    }

    private @Nullable JsonSlice string(String name) {
        return member(name, token -> token == JsonToken.VALUE_STRING, "a string");
    }

    private static <T> T required(String name, @Nullable T value) {
        if (value == null) {
            throw new DamagedRunException(name + " is missing");
        }
        return value;
    }

    /** A string that a database can hold; null if there is none. */
    @Nullable
    String textOrNull(String name, int charsMax) {
        JsonSlice string = string(name);
        if (string == null) {
            return null;
        }
        if (string.isLongerThan(charsMax)) {
            throw tooLong(name, charsMax);
        }
        try {
            String text = string.text();
            if (text.length() > charsMax) {
                throw tooLong(name, charsMax);
            }
            if (text.indexOf('\0') < 0) {
                return text;
            }
        } catch (CharacterCodingException e) {
            // Refused below.
        }
        throw new DamagedRunException(name + " must not hold U+0000, or half of a surrogate pair");
    }

    private static DamagedRunException tooLong(String name, int charsMax) {
        return new DamagedRunException(name + " is longer than " + charsMax + " characters");
    }

    String text(String name, int charsMax) {
        return required(name, textOrNull(name, charsMax));
    }

    /**
     * The text of a member that is any JSON, as the line has it; null if there is none.
     *
     * @param charsMax how many characters it may have: escape sequences count as one, and the quotes of a string do not count
     */
    @Nullable
    String jsonOrNull(String name, int charsMax) {
        JsonSlice value = member(name);
        if (value == null) {
            return null;
        }
        if (value.isLongerThan(charsMax)) {
            throw tooLong(name, charsMax);
        }
        String json = value.json();
        if (chars(json) > charsMax) {
            throw tooLong(name, charsMax);
        }
        return json;
    }

    private static int chars(String json) {
        int escaped = 0;
        for (int at = json.indexOf('\\'); at >= 0; at = json.indexOf('\\', at)) {
            int length = json.charAt(at + 1) == 'u' ? 6 : 2;
            escaped += length - 1;
            at += length;
        }
        int quotes = json.startsWith("\"") ? 2 : 0;
        return json.length() - escaped - quotes;
    }

    /** The text of a member that is a JSON object, or a string with one: an object that nests too deep for a line is written so. */
    String jsonObject(String name, int charsMax) {
        JsonSlice value = member(name);
        boolean isString = value != null && value.token() == JsonToken.VALUE_STRING;
        String object = required(name, isString ? textOrNull(name, charsMax) : jsonOrNull(name, charsMax));
        if (!object.startsWith("{") || !LeanJson.isOneValue(object)) {
            throw new DamagedRunException(name + " must be an object");
        }
        if (object.length() > charsMax) {
            throw tooLong(name, charsMax);
        }
        return object;
    }

    @Nullable
    Long numberOrNull(String name, long min, long max) {
        JsonSlice digits = member(name, token -> token == JsonToken.VALUE_NUMBER_INT, "a whole number");
        if (digits == null) {
            return null;
        }
        try {
            long number = Long.parseLong(digits.json());
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Refused below.
        }
        throw new DamagedRunException(name + " must be a whole number from " + min + " to " + max);
    }

    long number(String name, long min, long max) {
        return required(name, numberOrNull(name, min, max));
    }

    long number(String name, long min, long max, long otherwise) {
        Long number = numberOrNull(name, min, max);
        return number == null ? otherwise : number;
    }

    boolean is(String name) {
        return required(name, member(name, JsonToken::isBoolean, "true or false"))
                        .token()
                == JsonToken.VALUE_TRUE;
    }

    @Nullable
    ArchiveLine objectOrNull(String name) {
        JsonSlice object = member(name, token -> token == JsonToken.START_OBJECT, "an object");
        return object == null ? null : of(bytes, object.from(), object.length());
    }

    @Nullable
    Instant timeOrNull(String name) {
        String text = textOrNull(name, WORD_CHARS_MAX);
        if (text == null) {
            return null;
        }
        try {
            Instant time = Instant.parse(text).truncatedTo(ChronoUnit.MICROS);
            if (!time.isBefore(EARLIEST) && !time.isAfter(LATEST)) {
                return time;
            }
        } catch (DateTimeException e) {
            // Refused below.
        }
        throw new DamagedRunException(
                name + " must be a time of the years 1970 to 9999, such as 2026-01-01T00:00:00.000000Z");
    }

    Instant time(String name) {
        return required(name, timeOrNull(name));
    }

    /** A digest in hexadecimal digits; null if there is none. */
    @Nullable
    String digestOrNull(String name) {
        String digest = textOrNull(name, WORD_CHARS_MAX);
        if (digest == null) {
            return null;
        }
        if (!DIGEST.matcher(digest).matches()) {
            throw new DamagedRunException(name + " must be " + ArchiveFormat.SHA_256 + " and 64 hexadecimal digits");
        }
        return digest.substring(ArchiveFormat.SHA_256.length());
    }

    /**
     * The bytes of {@code text} or {@code base64}.
     *
     * @param whose whose they are, and
     * @param allows what allows no more than {@code bytesMax}, in the words of a refusal
     * @throws DamagedRunException if there are more: these are not decoded
     */
    byte[] bytes(int bytesMax, String whose, String allows) {
        JsonSlice text = string("text");
        JsonSlice base64 = string("base64");
        try {
            if (text != null && base64 == null) {
                requireNoMore(text.utf8Length(), bytesMax, whose, allows);
                return text.utf8();
            }
            if (base64 != null && text == null) {
                requireNoMore(decodedLength(base64), bytesMax, whose, allows);
                return decoded(base64);
            }
        } catch (IllegalArgumentException e) {
            throw new DamagedRunException(
                    "base64 must be letters, digits, + and /, with = at the end, as in RFC 4648, section 4");
        } catch (CharacterCodingException e) {
            throw new DamagedRunException("text must not hold half of a surrogate pair");
        }
        throw new DamagedRunException("either text or base64 must be there");
    }

    private static void requireNoMore(long length, int bytesMax, String whose, String allows) {
        if (length > bytesMax) {
            throw new DamagedRunException(whose + " has " + length + " bytes, and " + allows + " allows " + bytesMax);
        }
    }

    private long decodedLength(JsonSlice base64) {
        int end = base64.from() + base64.length() - 1;
        int padding = 0;
        for (int chars = paddingAt(end); chars > 0; chars = paddingAt(end)) {
            end -= chars;
            padding++;
        }
        return 3L * (base64.utf8Length() - padding) / 4;
    }

    /** How many characters before that place write one of padding, which may be escaped; 0 if these are others. */
    private int paddingAt(int end) {
        if (bytes[end - 1] == '=') {
            return 1;
        }
        int from = end - ESCAPED_PADDING.length();
        return from > 0 && new String(bytes, from, end - from, ISO_8859_1).equalsIgnoreCase(ESCAPED_PADDING)
                ? ESCAPED_PADDING.length()
                : 0;
    }

    private byte[] decoded(JsonSlice base64) throws CharacterCodingException {
        // Where nothing is escaped it is read from the line itself, since it may be long.
        ByteBuffer decoded = Base64.getDecoder()
                .decode(
                        base64.isEscaped()
                                ? ByteBuffer.wrap(base64.utf8())
                                : ByteBuffer.wrap(bytes, base64.from() + 1, base64.length() - 2));
        byte[] all = decoded.array();
        return all.length == decoded.limit() ? all : Arrays.copyOf(all, decoded.limit());
    }

    /** The run that the line is about; null if it does not say so, or names what can be no id. */
    @Nullable
    String runOrNull() {
        return idOrNull(what().equals(ArchiveFormat.RUN) ? "id" : "run");
    }

    private @Nullable String idOrNull(String name) {
        try {
            return textOrNull(name, ImportedRun.ID_CHARS_MAX);
        } catch (DamagedRunException e) {
            return null;
        }
    }

    /** What the line is; empty if it does not say so. */
    String what() {
        String what = idOrNull(ArchiveFormat.LINE);
        return what == null ? "" : what;
    }
}
