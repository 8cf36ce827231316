package io.runtape.mock;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.node.TextNode;
import io.runtape.archive.Redaction;
import io.runtape.json.LeanJson;
import io.runtape.json.NumberSpelling;
import io.runtape.run.Sha256;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a call asks for, in a form in which equal calls are equal: its path, and those members of its body that say which
 * agent or model is asked what, with which tools (docs/guides/mock-agent.md, "Which recording answers"). The members are in
 * alphabetical order, numbers have one spelling, and what changes from call to call is left out.
 */
final class CanonicalRequest {

    /** The members of a body that count, in the words of all the agent APIs. */
    private static final Set<String> MEMBERS = Set.of(
            "agent",
            "assistant_id",
            "command",
            "contents",
            "context",
            "functions",
            "input",
            "instructions",
            "messages",
            "model",
            "prompt",
            "system",
            "systemInstruction",
            "system_instruction",
            "tools");

    /** Clients and agents make these anew for each call. */
    private static final Set<String> VOLATILE = Set.of(
            "cacheControl",
            "cache_control",
            "call_id",
            "createdAt",
            "created_at",
            "id",
            "metadata",
            "obfuscation",
            "providerMetadata",
            "timestamp",
            "toolCallId",
            "tool_call_id",
            "tool_use_id");

    /** What callers put in here is theirs: nothing in it is left out. */
    private static final Set<String> PAYLOADS = Set.of(
            "args",
            "arguments",
            "input",
            "input_schema",
            "output",
            "parameters",
            "properties",
            "response",
            "result",
            "schema");

    /** A longer body is not taken apart: that takes a multiple of its memory. */
    private static final int READ_BYTES_MAX = 256 << 10;

    /** Characters of places and values: each value of a body that nests deep has a long place. */
    private static final int CHARS_MAX = 4 << 20;

    /** What a value takes in memory besides its characters and those of its place. */
    private static final int VALUE_BYTES = 130;

    /** Room is taken for so many bytes ahead. */
    private static final int ROOM_BYTES = 32 << 10;

    /** What its place and its value usually take beside that. */
    private static final int VALUE_CHARS_BYTES = 30;

    private static final int PLACE_CHARS_SHOWN = 300;
    private static final int VALUE_CHARS_SHOWN = 120;

    /** A name with one of these is quoted in a place: as it is, it would pass for several names, for an index or for a value. */
    private static final Pattern QUOTED = Pattern.compile("^\"|[.\\[=]");

    private final String path;
    private final LongConsumer room;
    private final SortedMap<String, String> values = new TreeMap<>();

    /** The place of the value at the parser. As a text it is made of values alone: long names may be around many objects. */
    private final StringBuilder place = new StringBuilder();

    private long chars;
    private long held;
    private long taken;

    private CanonicalRequest(String path, LongConsumer room) {
        this.path = path;
        this.room = room;
    }

    /**
     * The call in that form.
     *
     * @param path its path, normalised
     * @param body its body; counts as it is if it is no JSON object, nests very deep, or is longer than 256 KiB
     * @param redaction what cassettes leave out, so that a call fits the cassette of its like
     * @param room takes how many bytes the form needs, which may be many times those of the body; may wait until there is room
     *     for them, or throw
     */
    static CanonicalRequest of(String path, byte[] body, Redaction redaction, LongConsumer room) {
        CanonicalRequest request = new CanonicalRequest(path, room);
        // As the cassette has it, byte for byte.
        byte[] shown = redaction.of(body);
        if (shown.length > READ_BYTES_MAX) {
            request.values.put(
                    "",
                    "body of " + shown.length + " bytes, SHA-256 "
                            + new Sha256().add(shown).hex());
            return request;
        }
        String text = new String(shown, UTF_8);
        try (JsonParser parser = LeanJson.parser(text)) {
            if (parser.nextToken() == JsonToken.START_OBJECT && request.read(parser)) {
                return request;
            }
        } catch (IOException unreadable) {
            // It counts as it is.
        }
        request.values.clear();
        request.values.put("", text);
        return request;
    }

    /**
     * About how many bytes of memory the form of a call with this body takes besides its text: each value follows a colon or a comma.
     */
    static long bytes(byte[] body) {
        if (body.length > READ_BYTES_MAX) {
            return 0;
        }
        long values = 0;
        for (byte each : body) {
            values += each == ':' || each == ',' ? 1 : 0;
        }
        return values * (VALUE_BYTES + VALUE_CHARS_BYTES);
    }

    /** Reads the members of the body; returns false if something follows them. */
    private boolean read(JsonParser at) throws IOException {
        while (at.nextToken() == JsonToken.FIELD_NAME) {
            String name = at.currentName();
            at.nextToken();
            if (MEMBERS.contains(name)) {
                addAt(name, at, true);
            } else {
                at.skipChildren();
            }
        }
        return at.nextToken() == null;
    }

    /** Adds the value at the parser, whose place is the present one with this behind it. */
    private void addAt(String further, JsonParser at, boolean leavesOut) throws IOException {
        int length = place.length();
        place.append(further);
        add(at, leavesOut);
        place.setLength(length);
    }

    /** Adds the value at the parser token by token: no type of numbers has all digits of each. */
    private void add(JsonParser at, boolean leavesOut) throws IOException {
        switch (at.currentToken()) {
            case START_OBJECT -> {
                int members = 0;
                while (at.nextToken() == JsonToken.FIELD_NAME) {
                    String name = at.currentName();
                    at.nextToken();
                    members++;
                    if (leavesOut && VOLATILE.contains(name)) {
                        at.skipChildren();
                    } else {
                        addAt("." + quoted(name), at, leavesOut && !PAYLOADS.contains(name));
                    }
                }
                if (members == 0) {
                    put("{}");
                }
            }
            case START_ARRAY -> {
                int items = 0;
                while (at.nextToken() != JsonToken.END_ARRAY) {
                    addAt("[" + items++ + "]", at, leavesOut);
                }
                if (items == 0) {
                    put("[]");
                }
            }
            case VALUE_STRING -> put(TextNode.valueOf(at.getText()).toString());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> put(NumberSpelling.of(at.getText()));
            default -> put(at.getText());
        }
    }

    private static String quoted(String name) {
        return QUOTED.matcher(name).find() ? TextNode.valueOf(name).toString() : name;
    }

    private void put(String value) throws IOException {
        chars += place.length() + value.length();
        if (chars > CHARS_MAX) {
            throw new IOException("too much to be compared value by value");
        }
        held += VALUE_BYTES + 2L * (place.length() + value.length());
        if (held > taken) {
            long more = held - taken + ROOM_BYTES;
            room.accept(more);
            taken += more;
        }
        values.put(place.toString(), value);
    }

    /** A digest that equal calls have, as 64 hexadecimal digits. */
    String key() {
        Sha256 digest = new Sha256().add(path.getBytes(UTF_8)).add('\n');
        values.forEach((at, value) -> digest.add(at.getBytes(UTF_8))
                .add('=')
                .add(value.getBytes(UTF_8))
                .add('\n'));
        return digest.hex();
    }

    /** Whether both calls have the same path. */
    boolean isOfPathOf(CanonicalRequest other) {
        return path.equals(other.path);
    }

    /** How many values are not the same. */
    int distance(CanonicalRequest other) {
        int shared = 0;
        int same = 0;
        for (Map.Entry<String, String> value : values.entrySet()) {
            @Nullable String others = other.values.get(value.getKey());
            shared += others == null ? 0 : 1;
            same += value.getValue().equals(others) ? 1 : 0;
        }
        return values.size() + other.values.size() - shared - same + (path.equals(other.path) ? 0 : 1);
    }

    /**
     * Where the recorded call differs.
     *
     * @param max how many differences to name
     */
    List<String> differences(CanonicalRequest recorded, int max) {
        List<String> told = new ArrayList<>();
        if (!path.equals(recorded.path)) {
            told.add("path: recorded " + recorded.path + ", asked " + path);
        }
        different(recorded)
                .sorted()
                .limit(max - told.size())
                .map(at -> cut(at, PLACE_CHARS_SHOWN) + ": recorded " + shown(recorded.values, at) + ", asked "
                        + shown(values, at))
                .forEach(told::add);
        return told;
    }

    /** The places whose values are not the same. */
    private Stream<String> different(CanonicalRequest other) {
        return Stream.concat(
                values.entrySet().stream()
                        .filter(value -> !value.getValue().equals(other.values.get(value.getKey())))
                        .map(Map.Entry::getKey),
                other.values.keySet().stream().filter(at -> !values.containsKey(at)));
    }

    private static String shown(Map<String, String> values, String at) {
        @Nullable String value = values.get(at);
        return value == null ? "nothing" : cut(value, VALUE_CHARS_SHOWN);
    }

    private static String cut(String text, int charsMax) {
        if (text.length() <= charsMax) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(charsMax - 1)) ? charsMax - 1 : charsMax;
        return text.substring(0, end) + "…";
    }
}
