package io.runtape.proxy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.runtape.error.ApiException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What the body of a recorded call says of the run. What it must hold is for the agent API to say; here it need only be a
 * JSON object.
 *
 * @param agent the agent's name
 * @param threadId the thread to go on with, where it is fit to be one
 * @param stream whether a stream is asked for, which is so unless it says {@code false}
 * @param prompt the prompt, or the text of the last message of the user
 * @param metadata a JSON object
 * @param config a JSON object
 */
record Asked(
        @Nullable String agent,
        @Nullable String threadId,
        boolean stream,
        @Nullable String prompt,
        String metadata,
        String config) {

    private static final Asked UNREAD = new Asked(null, null, true, null, "{}", "{}");

    private static final ObjectReader JSON =
            new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** Names are for lists and filters; a longer one is cut. */
    private static final int NAME_CHARS_MAX = 200;

    /** The same without what only the run's row needs. */
    Asked sent() {
        return new Asked(agent, threadId, stream, null, "{}", "{}");
    }

    /**
     * Reads the body.
     *
     * @throws ApiException 400 where it is not a JSON object
     */
    static Asked of(byte[] body) {
        JsonNode root;
        try {
            root = tree(body);
        } catch (StreamConstraintsException e) {
            // Deeper or longer than is read here, which is no reason to refuse it: it is the agent API's to judge.
            if (isObject(body)) {
                return UNREAD;
            }
            throw ApiException.invalid("The body must be a JSON object.");
        } catch (JsonProcessingException e) {
            throw ApiException.invalid("The body must be a JSON object; it is not JSON"
                    + (e.getLocation() == null
                            ? "."
                            : " (line " + e.getLocation().getLineNr() + ", column "
                                    + e.getLocation().getColumnNr() + ")."));
        } catch (IOException e) {
            throw ApiException.invalid("The body must be a JSON object.");
        }
        if (root == null || !root.isObject()) {
            throw ApiException.invalid("The body must be a JSON object.");
        }
        String threadId = text(root.path("threadId"));
        return new Asked(
                cut(text(root.path("agent"))),
                OwnHeaders.isFitId(threadId) ? threadId : null,
                !(root.path("stream").isBoolean() && !root.path("stream").booleanValue()),
                prompt(root),
                object(root.path("metadata")),
                object(root.path("config")));
    }

    /** From bytes the parser refuses half of a surrogate pair in a name, which JSON can spell; from characters it does not. */
    private static JsonNode tree(byte[] body) throws IOException {
        try {
            return JSON.readTree(body);
        } catch (StreamConstraintsException e) {
            throw e;
        } catch (JsonProcessingException e) {
            if (!spellsSurrogates(body)) {
                throw e;
            }
            CharBuffer characters = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body));
            return JSON.readTree(characters.toString());
        }
    }

    private static boolean spellsSurrogates(byte[] body) {
        for (int i = 0; i + 2 < body.length; i++) {
            if (body[i] == '\\' && body[i + 1] == 'u' && (body[i + 2] == 'd' || body[i + 2] == 'D')) {
                return true;
            }
        }
        return false;
    }

    private static boolean isObject(byte[] body) {
        for (byte b : body) {
            if (b != ' ' && b != '\t' && b != '\n' && b != '\r') {
                return b == '{';
            }
        }
        return false;
    }

    static @Nullable String cut(@Nullable String name) {
        return name == null
                ? null
                : StorableText.of(name.length() <= NAME_CHARS_MAX ? name : name.substring(0, NAME_CHARS_MAX));
    }

    private static @Nullable String text(JsonNode node) {
        return node.isTextual() ? node.textValue() : null;
    }

    private static String object(JsonNode node) {
        return node.isObject() ? StorableText.of(node.toString()) : "{}";
    }

    private static @Nullable String prompt(JsonNode root) {
        String prompt = text(root.path("prompt"));
        if (prompt == null) {
            for (JsonNode message : root.path("messages")) {
                if ("user".equals(text(message.path("role")))) {
                    prompt = said(message);
                }
            }
        }
        return prompt == null ? null : StorableText.of(prompt);
    }

    private static @Nullable String said(JsonNode message) {
        String content = text(message.path("content"));
        if (content != null) {
            return content;
        }
        StringBuilder joined = new StringBuilder();
        JsonNode parts = message.path("content").isArray() ? message.path("content") : message.path("parts");
        for (JsonNode part : parts) {
            String said = text(part.path("text"));
            joined.append(said == null ? "" : said);
        }
        return joined.isEmpty() ? null : joined.toString();
    }
}
