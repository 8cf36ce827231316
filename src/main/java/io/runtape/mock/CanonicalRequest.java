package io.runtape.mock;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.archive.Redaction;
import io.runtape.json.LeanTree;
import io.runtape.run.Sha256;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
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
            "args", "arguments", "input", "input_schema", "output", "parameters", "properties", "result", "schema");

    /** A longer body is not taken apart: that takes a multiple of its memory. */
    private static final int READ_BYTES_MAX = 256 << 10;

    private static final int SHOWN_CHARS_MAX = 120;

    private final String path;
    private final SortedMap<String, String> values = new TreeMap<>();

    private CanonicalRequest(String path) {
        this.path = path;
    }

    /**
     * The call in that form.
     *
     * @param path its path, normalised
     * @param body its body; counts as it is if it is no JSON object, or longer than 256 KiB
     * @param redaction what cassettes leave out, so that a call fits the cassette of its like
     */
    static CanonicalRequest of(String path, byte[] body, Redaction redaction) {
        CanonicalRequest request = new CanonicalRequest(path);
        if (body.length > READ_BYTES_MAX) {
            request.values.put(
                    "",
                    "body of " + body.length + " bytes, SHA-256 "
                            + new Sha256().add(body).hex());
            return request;
        }
        String text = redaction.of(new String(body, UTF_8));
        @Nullable JsonNode json = LeanTree.read(text, Set.of());
        if (json == null || !json.isObject()) {
            request.values.put("", text);
            return request;
        }
        json.fields().forEachRemaining(member -> {
            if (MEMBERS.contains(member.getKey())) {
                request.add(member.getKey(), member.getValue(), true);
            }
        });
        return request;
    }

    private void add(String at, JsonNode value, boolean leavesOut) {
        if (value.isObject()) {
            value.fields().forEachRemaining(member -> {
                String name = member.getKey();
                if (!leavesOut || !VOLATILE.contains(name)) {
                    add(at + "." + name, member.getValue(), leavesOut && !PAYLOADS.contains(name));
                }
            });
        } else if (value.isArray()) {
            for (int i = 0; i < value.size(); i++) {
                add(at + "[" + i + "]", value.get(i), leavesOut);
            }
        }
        if (!value.isContainerNode() || value.isEmpty()) {
            values.put(at, value.isNumber() ? number(value) : value.toString());
        }
    }

    /** A number such as 1e400 was read as an infinite one, which has no digits. */
    private static String number(JsonNode value) {
        return Double.isInfinite(value.doubleValue())
                ? value.asText()
                : new BigDecimal(value.asText()).stripTrailingZeros().toPlainString();
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
        return different(other).size() + (path.equals(other.path) ? 0 : 1);
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
        for (String at : different(recorded)) {
            if (told.size() == max) {
                break;
            }
            told.add(at + ": recorded " + shown(recorded.values, at) + ", asked " + shown(values, at));
        }
        return told;
    }

    private Collection<String> different(CanonicalRequest other) {
        Set<String> places = new TreeSet<>(values.keySet());
        places.addAll(other.values.keySet());
        places.removeIf(at -> values.getOrDefault(at, "").equals(other.values.getOrDefault(at, "")));
        return places;
    }

    private static String shown(Map<String, String> values, String at) {
        @Nullable String value = values.get(at);
        return value == null
                ? "nothing"
                : value.length() <= SHOWN_CHARS_MAX ? value : value.substring(0, SHOWN_CHARS_MAX) + "…";
    }
}
