package io.runtape.relay;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.runtape.error.ApiException;
import io.runtape.json.LeanJson;
import io.runtape.store.StorableText;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What the body of a recorded call says of the run. The gateway requires only a JSON object; the agent API decides what
 * must be in it.
 *
 * @param agent the agent's name
 * @param model the model's name
 * @param threadId the thread to go on with, where it is fit to be one
 * @param previousRunId the agent API's id of the run that this one goes on from
 * @param stream what it says of a stream, as {@code true} or {@code false}; null if it says neither
 * @param prompt the prompt, or the text of the last message of the user
 * @param cancelOnDisconnect whether the run is to end with its client; null if the body does not say
 * @param metadata a JSON object
 * @param config a JSON object
 */
record RunRequest(
        @Nullable String agent,
        @Nullable String model,
        @Nullable String threadId,
        @Nullable String previousRunId,
        @Nullable Boolean stream,
        @Nullable Boolean cancelOnDisconnect,
        @Nullable String prompt,
        String metadata,
        String config) {

    private static final RunRequest UNREAD = new RunRequest(null, null, null, null, null, null, null, "{}", "{}");

    /** Names are for lists and filters; a longer one is cut. */
    private static final int NAME_CHARS_MAX = 200;

    /** Whether it asks for a stream; otherwise the head of the response may take as long as the whole run. */
    boolean asksForStream() {
        return Boolean.TRUE.equals(stream);
    }

    /** Whether a stream is to be expected of an API that streams or not if nothing is said of it. */
    boolean expectsStream(boolean unsaid) {
        return stream == null ? unsaid : stream;
    }

    /** The same without what only the run's row needs. */
    RunRequest sent() {
        return new RunRequest(agent, null, threadId, previousRunId, stream, cancelOnDisconnect, null, "{}", "{}");
    }

    /** The same in this thread, if the path of the call names one. */
    RunRequest inThread(@Nullable String named) {
        return named == null
                ? this
                : new RunRequest(
                        agent, model, named, previousRunId, stream, cancelOnDisconnect, prompt, metadata, config);
    }

    /**
     * Reads the body.
     *
     * @throws ApiException 400 if it is not a JSON object
     */
    static RunRequest of(byte[] body) {
        try {
            return read(body);
        } catch (StreamConstraintsException e) {
            // Deeper or longer than the parser reads. That is no reason to refuse the body: the agent API judges it.
            if (isObject(body)) {
                return UNREAD;
            }
            throw noObject();
        } catch (JsonProcessingException e) {
            throw ApiException.invalid("The body must be a JSON object; it is not JSON"
                    + (e.getLocation() == null
                            ? "."
                            : " (line " + e.getLocation().getLineNr() + ", column "
                                    + e.getLocation().getColumnNr() + ")."));
        } catch (IOException e) {
            throw noObject();
        }
    }

    /**
     * The parser of bytes refuses half of a surrogate pair in a name, which JSON can spell; the one of characters does
     * not.
     */
    private static RunRequest read(byte[] body) throws IOException {
        try {
            return read(LeanJson.parser(body));
        } catch (StreamConstraintsException e) {
            throw e;
        } catch (JsonProcessingException e) {
            if (!spellsSurrogates(body)) {
                throw e;
            }
            return read(LeanJson.parserOfCharacters(body));
        }
    }

    private static RunRequest read(JsonParser from) throws IOException {
        try (from) {
            return new RunRequestReader(from).read();
        }
    }

    static ApiException noObject() {
        return ApiException.invalid("The body must be a JSON object.");
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

    /** The name, cut to the stored length. */
    static @Nullable String cut(@Nullable String name) {
        return name == null ? null : StorableText.of(name, NAME_CHARS_MAX);
    }
}
