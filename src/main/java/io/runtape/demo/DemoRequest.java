package io.runtape.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.error.ApiException;
import io.runtape.error.PrefixedId;
import io.runtape.json.LeanTree;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A call of the demo agent.
 *
 * @param agent the slug; any name will do
 * @param prompt the prompt, or the last message of the user
 * @param threadId the thread to go on with, or a new one
 * @param stream whether the caller wants events rather than one JSON response
 */
record DemoRequest(String agent, String prompt, String threadId, boolean stream) {
    // The agent remembers runs, and their texts come from outside: it keeps no more of one than a demo can show.
    private static final int AGENT_CHARS_MAX = 128;
    private static final int PROMPT_CHARS_MAX = 2_000;

    // The thread goes into a header.
    private static final Pattern THREAD_ID = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

    /**
     * Reads the body of a call.
     *
     * @param pathAgent the agent that the path names; null where the body has to
     * @throws ApiException {@code invalid_request}, if something is missing
     */
    static DemoRequest of(Buffer body, @Nullable String pathAgent) {
        JsonNode json = object(body);
        String agent = pathAgent == null ? string(json, "agent") : pathAgent;
        if (agent == null || agent.isBlank()) {
            throw ApiException.invalid("The field agent is missing. Any name will do, such as \"demo\".");
        }
        String prompt = prompt(json);
        if (prompt == null || prompt.isBlank()) {
            throw ApiException.invalid("Either prompt or messages is needed.");
        }
        return new DemoRequest(
                cut(agent, AGENT_CHARS_MAX),
                cut(prompt, PROMPT_CHARS_MAX),
                threadId(json),
                !(json.path("stream").isBoolean() && !json.path("stream").booleanValue()));
    }

    private static String cut(String text, int charsMax) {
        return text.length() <= charsMax ? text : text.substring(0, charsMax);
    }

    private static JsonNode object(Buffer body) {
        @Nullable JsonNode json = LeanTree.read(body.toString(StandardCharsets.UTF_8), Set.of());
        if (json == null || !json.isObject()) {
            throw ApiException.invalid("The body must be a JSON object.");
        }
        return json;
    }

    private static @Nullable String string(JsonNode json, String name) {
        return json.path(name).textValue();
    }

    private static @Nullable String prompt(JsonNode json) {
        String prompt = string(json, "prompt");
        if (prompt != null || !json.path("messages").isArray()) {
            return prompt;
        }
        JsonNode messages = json.path("messages");
        for (int i = messages.size() - 1; i >= 0; i--) {
            if ("user".equals(string(messages.get(i), "role"))) {
                return content(messages.get(i));
            }
        }
        return null;
    }

    private static @Nullable String content(JsonNode message) {
        String content = string(message, "content");
        if (content != null || !message.path("parts").isArray()) {
            return content;
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : message.path("parts")) {
            String piece = string(part, "text");
            text.append(piece == null ? "" : piece);
        }
        return text.toString();
    }

    private static String threadId(JsonNode json) {
        JsonNode given = json.path("threadId");
        if (given.isMissingNode() || given.isNull()) {
            return PrefixedId.next("thr_");
        }
        if (given.isTextual() && THREAD_ID.matcher(given.textValue()).matches()) {
            return given.textValue();
        }
        throw ApiException.invalid("The field threadId must be 1 to 128 letters, digits or any of . _ : -");
    }
}
