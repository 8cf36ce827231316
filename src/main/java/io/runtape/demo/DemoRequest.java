package io.runtape.demo;

import io.runtape.error.ApiException;
import io.runtape.error.PrefixedId;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of the demo agent.
 *
 * @param agent the slug; any name will do
 * @param prompt the prompt, or the last message of the user
 * @param threadId the thread to go on with, or a new one
 * @param stream whether events are wanted, rather than one JSON answer
 */
record DemoRequest(String agent, String prompt, String threadId, boolean stream) {
    // Runs are remembered, and their texts come from strangers: no more is kept of one than a demo can show.
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
        JsonObject json = object(body);
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
                !Boolean.FALSE.equals(json.getValue("stream")));
    }

    private static String cut(String text, int charsMax) {
        return text.length() <= charsMax ? text : text.substring(0, charsMax);
    }

    private static JsonObject object(Buffer body) {
        try {
            return new JsonObject(body);
        } catch (DecodeException | ClassCastException noObject) {
            throw ApiException.invalid("The body must be a JSON object.");
        }
    }

    private static @Nullable String string(JsonObject json, String name) {
        return json.getValue(name) instanceof String text ? text : null;
    }

    private static @Nullable String prompt(JsonObject json) {
        String prompt = string(json, "prompt");
        if (prompt != null || !(json.getValue("messages") instanceof JsonArray messages)) {
            return prompt;
        }
        for (int i = messages.size() - 1; i >= 0; i--) {
            if (messages.getValue(i) instanceof JsonObject message && "user".equals(string(message, "role"))) {
                return content(message);
            }
        }
        return null;
    }

    private static @Nullable String content(JsonObject message) {
        String content = string(message, "content");
        if (content != null || !(message.getValue("parts") instanceof JsonArray parts)) {
            return content;
        }
        StringBuilder text = new StringBuilder();
        for (Object part : parts) {
            if (part instanceof JsonObject object && object.getValue("text") instanceof String piece) {
                text.append(piece);
            }
        }
        return text.toString();
    }

    private static String threadId(JsonObject json) {
        Object given = json.getValue("threadId");
        if (given == null) {
            return PrefixedId.next("thr_");
        }
        if (given instanceof String id && THREAD_ID.matcher(id).matches()) {
            return id;
        }
        throw ApiException.invalid("The field threadId must be 1 to 128 letters, digits or any of . _ : -");
    }
}
