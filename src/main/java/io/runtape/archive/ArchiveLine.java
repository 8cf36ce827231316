package io.runtape.archive;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.runtape.json.LeanJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The members of one line of an archive. Every accessor throws {@link DamagedRunException} if the member is missing where
 * it is needed, or has another type. Names that no one asks for are left alone: a later version may add some.
 */
final class ArchiveLine {

    /** Members that hold any JSON, which stays text. */
    private static final Set<String> JSON = Set.of("metadata", "config", "result", "usage", "error", "headers");

    /** More than a gateway writes of any of them: an error may have two texts, of characters that JSON spells with six. */
    private static final int JSON_CHARS_MAX = 13 << 20;

    /** The member that is an object with members of its own. */
    private static final String THREAD = "thread";

    /** All other members that are asked for. Any that is not named here is skipped: it could take many times the memory of its text. */
    private static final Set<String> OTHERS = Set.of(
            ArchiveFormat.LINE,
            "agent",
            "archived",
            "base64",
            "byteCount",
            ArchiveFormat.CHECK,
            "completedAt",
            "createdAt",
            "cut",
            "dialect",
            "digest",
            "eventCount",
            "finishReason",
            "firstEventAt",
            "format",
            "frameCount",
            "frames",
            "id",
            "idSetBy",
            "iterations",
            "kind",
            "model",
            "offsetUs",
            "ordinal",
            "parts",
            "path",
            "prompt",
            "reason",
            "run",
            "runs",
            "sequence",
            "status",
            "stream",
            "text",
            THREAD,
            "threadId",
            "title",
            "type",
            "updatedAt",
            "upstream",
            "upstreamRunId",
            "version");

    /** Times that a gateway may have had when it recorded a run. */
    private static final Instant EARLIEST = Instant.EPOCH;

    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999Z");

    private static final Pattern DIGEST = Pattern.compile(ArchiveFormat.SHA_256 + "[0-9a-f]{64}");

    private final Map<String, Object> members = new HashMap<>();

    private ArchiveLine() {}

    /**
     * Reads a line.
     *
     * @throws DamagedRunException if it is not one JSON object
     */
    static ArchiveLine of(byte[] bytes, int from, int length) {
        try (JsonParser parser = LeanJson.parser(bytes, from, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new DamagedRunException("the line is no JSON object");
            }
            ArchiveLine line = object(parser, true);
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
            throw new DamagedRunException("the line is no JSON");
        }
    }

    /** @param isLine whether the object is the line, and not a member of it */
    private static ArchiveLine object(JsonParser parser, boolean isLine) throws IOException {
        ArchiveLine line = new ArchiveLine();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            JsonToken token = parser.nextToken();
            @Nullable
            Object value = isLine && name.equals(THREAD) && token == JsonToken.START_OBJECT
                    ? object(parser, false)
                    : value(name, token, parser);
            if (value != null && line.members.put(name, value) != null) {
                throw new DamagedRunException(name + " comes twice");
            }
        }
        return line;
    }

    private static @Nullable Object value(String name, JsonToken token, JsonParser parser) throws IOException {
        if (token == JsonToken.VALUE_NULL) {
            return null;
        }
        if (JSON.contains(name)) {
            return new JsonValue(LeanJson.value(parser, JSON_CHARS_MAX));
        }
        if (!OTHERS.contains(name)) {
            parser.skipChildren();
            return null;
        }
        return switch (token) {
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> {
                parser.skipChildren();
                yield token;
            }
        };
    }

    /**
     * Any JSON.
     *
     * @param text null if it is longer than any that is asked for
     */
    private record JsonValue(@Nullable String text) {

        /** Whether it has more characters than this: escape sequences count as one, and the quotes of a string do not count. */
        boolean isLonger(int charsMax) {
            if (text == null) {
                return true;
            }
            int escaped = 0;
            for (int at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at)) {
                int length = text.charAt(at + 1) == 'u' ? 6 : 2;
                escaped += length - 1;
                at += length;
            }
            int quotes = text.startsWith("\"") ? 2 : 0;
            return text.length() - escaped - quotes > charsMax;
        }
    }

    private <T> @Nullable T member(String name, Class<T> type, String allowed) {
        if (!OTHERS.contains(name) && !JSON.contains(name)) {
            throw new IllegalArgumentException(name + " is skipped where a line is read");
        }
        Object value = members.get(name);
        if (value == null) {
            return null;
        }
        if (!type.isInstance(value)) {
            throw new DamagedRunException(name + " must be " + allowed);
        }
        return type.cast(value);
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
        String text = member(name, String.class, "a string");
        if (text == null) {
            return null;
        }
        if (text.length() > charsMax) {
            throw tooLong(name, charsMax);
        }
        if (text.indexOf('\0') >= 0 || !isWellFormed(text)) {
            throw new DamagedRunException(name + " must not hold U+0000, or half of a surrogate pair");
        }
        return text;
    }

    private static DamagedRunException tooLong(String name, int charsMax) {
        return new DamagedRunException(name + " is longer than " + charsMax + " characters");
    }

    private static boolean isWellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                return false;
            }
        }
        return true;
    }

    String text(String name, int charsMax) {
        return required(name, textOrNull(name, charsMax));
    }

    /**
     * The text of a member that is any JSON; null if there is none.
     *
     * @param charsMax how many characters it may have, as {@link JsonValue#isLonger} counts them
     */
    @Nullable
    String jsonOrNull(String name, int charsMax) {
        JsonValue value = member(name, JsonValue.class, "any JSON");
        if (value != null && value.isLonger(charsMax)) {
            throw tooLong(name, charsMax);
        }
        return value == null ? null : value.text;
    }

    /** The text of a member that is a JSON object, or a string with one: an object that nests too deep for a line is written so. */
    String jsonObject(String name, int charsMax) {
        String text = required(name, jsonOrNull(name, charsMax));
        String object = text.startsWith("\"") ? stringOf(text) : text;
        if (!object.startsWith("{") || !LeanJson.isOneValue(object)) {
            throw new DamagedRunException(name + " must be an object");
        }
        if (object.length() > charsMax) {
            throw tooLong(name, charsMax);
        }
        return object;
    }

    private static String stringOf(String json) {
        try (JsonParser parser = LeanJson.parser(json)) {
            parser.nextToken();
            return parser.getText();
        } catch (IOException e) {
            throw new UncheckedIOException("it was read before", e);
        }
    }

    @Nullable
    Long numberOrNull(String name, long min, long max) {
        Long number = member(name, Long.class, "a whole number");
        if (number != null && (number < min || number > max)) {
            throw new DamagedRunException(name + " must be a whole number from " + min + " to " + max);
        }
        return number;
    }

    long number(String name, long min, long max) {
        return required(name, numberOrNull(name, min, max));
    }

    long number(String name, long min, long max, long otherwise) {
        Long number = numberOrNull(name, min, max);
        return number == null ? otherwise : number;
    }

    boolean is(String name) {
        return required(name, member(name, Boolean.class, "true or false"));
    }

    @Nullable
    ArchiveLine objectOrNull(String name) {
        return member(name, ArchiveLine.class, "an object");
    }

    @Nullable
    Instant timeOrNull(String name) {
        String text = member(name, String.class, "a time");
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
        String digest = member(name, String.class, "a digest");
        if (digest == null) {
            return null;
        }
        if (!DIGEST.matcher(digest).matches()) {
            throw new DamagedRunException(name + " must be " + ArchiveFormat.SHA_256 + " and 64 hexadecimal digits");
        }
        return digest.substring(ArchiveFormat.SHA_256.length());
    }

    /** The bytes of {@code text} or {@code base64}. */
    byte[] bytes() {
        String text = member("text", String.class, "a string");
        String base64 = member("base64", String.class, "a string");
        if ((text == null) == (base64 == null)) {
            throw new DamagedRunException("either text or base64 must be there");
        }
        try {
            return text == null ? Base64.getDecoder().decode(base64) : encoded(text);
        } catch (IllegalArgumentException e) {
            throw new DamagedRunException(
                    "base64 must be letters, digits, + and /, with = at the end, as in RFC 4648, section 4");
        } catch (CharacterCodingException e) {
            throw new DamagedRunException("text must not hold half of a surrogate pair");
        }
    }

    private static byte[] encoded(String text) throws CharacterCodingException {
        ByteBuffer utf8 = UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        byte[] bytes = new byte[utf8.remaining()];
        utf8.get(bytes);
        return bytes;
    }

    /** The run that the line is about; null if it does not say so, or names what is longer than any id. */
    @Nullable
    String runOrNull() {
        return members.get(what().equals(ArchiveFormat.RUN) ? "id" : "run") instanceof String run
                        && run.length() <= ImportedRun.ID_CHARS_MAX
                ? run
                : null;
    }

    /** What the line is; empty if it does not say so. */
    String what() {
        return members.get(ArchiveFormat.LINE) instanceof String what ? what : "";
    }
}
