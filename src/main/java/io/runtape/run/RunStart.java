package io.runtape.run;

import io.runtape.access.Owner;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the gateway knows of a run before it calls the agent API, and makes durable before that.
 *
 * @param id the public id, {@code run_…}
 * @param owner the owner of the run
 * @param threadId the thread as far as it is known; the response's head settles it
 * @param agent the agent's name, cut to 200 characters, where the call names one
 * @param model the model, cut to 200 characters, where the call names one
 * @param path the path that was called, without its query
 * @param upstream the name of the agent API that was called
 * @param stream whether the call asks for a stream; the head of the response settles it
 * @param createdAt when the call came in
 * @param prompt the prompt, if the body has one
 * @param metadata the body's {@code metadata}, a JSON object
 * @param config the body's {@code config}, a JSON object
 * @param requestType the body's media type as the caller named it
 * @param requestBody the body, see {@link RequestBody#stored}
 * @param key the idempotency key that the run must claim, if the call names one
 */
public record RunStart(
        String id,
        Owner owner,
        String threadId,
        @Nullable String agent,
        @Nullable String model,
        String path,
        String upstream,
        boolean stream,
        Instant createdAt,
        @Nullable String prompt,
        String metadata,
        String config,
        @Nullable String requestType,
        byte[] requestBody,
        @Nullable IdempotencyKey key) {

    /** The most characters of {@link #prompt}: a longer one is cut in the run's row; the request has all of it. */
    public static final int PROMPT_CHARS_MAX = 1 << 20;

    /** The most characters of {@link #metadata}, and of {@link #config}: a longer one is not in the row; the request has it. */
    public static final int OBJECT_CHARS_MAX = 256 << 10;

    private static final byte[] NOTHING = {};

    /** The same without what only the row needs: a run may live for hours, and need not keep its request in memory. */
    public RunStart withoutRequest() {
        return new RunStart(
                id, owner, threadId, agent, null, path, upstream, stream, createdAt, null, "{}", "{}", null, NOTHING,
                null);
    }

    /** About how many bytes its row takes. */
    public long bytes() {
        return requestBody.length + metadata.length() + config.length() + (prompt == null ? 0 : prompt.length());
    }
}
