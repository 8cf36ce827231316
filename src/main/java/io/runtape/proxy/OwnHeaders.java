package io.runtape.proxy;

import io.runtape.error.ApiException;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The request headers of the gateway's own (contract, section 2). They are never sent on.
 *
 * @param cancelOnDisconnect whether the run is cancelled when its client is gone
 * @param eventIds whether each event gets an {@code id} line
 * @param threadId the thread that the caller names
 */
record OwnHeaders(
        boolean cancelOnDisconnect,
        boolean eventIds,
        @Nullable String threadId) {

    /** What a recorded call does not send on: our own headers, and what would let the answer be compressed. */
    static final Set<String> NOT_SENT_ON = Set.of(
            "accept-encoding",
            "content-length",
            "idempotency-key",
            "runtape-on-disconnect",
            "runtape-event-ids",
            "runtape-thread-id",
            "runtape-replay",
            "runtape-speed");

    private static final List<String> NOT_BUILT = List.of("Idempotency-Key", "Runtape-Replay", "Runtape-Speed");

    private static final Pattern FIT_ID = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

    /**
     * Reads them.
     *
     * @throws ApiException 400 where one has a value that is not allowed
     */
    static OwnHeaders of(MultiMap headers) {
        for (String name : NOT_BUILT) {
            if (headers.contains(name)) {
                throw ApiException.invalid(name + " is not supported by this version. Send the call without it.");
            }
        }
        String threadId = headers.get("Runtape-Thread-Id");
        if (threadId != null && !isFitId(threadId)) {
            throw ApiException.invalid(
                    "Runtape-Thread-Id must be 1 to 128 characters of letters, digits, '.', '_', ':' and '-'.");
        }
        return new OwnHeaders(
                oneOf(headers, "Runtape-On-Disconnect", "continue", "cancel").equals("cancel"),
                oneOf(headers, "Runtape-Event-Ids", "false", "true").equals("true"),
                threadId);
    }

    private static String oneOf(MultiMap headers, String name, String usual, String other) {
        String value = headers.get(name);
        if (value == null || value.equals(usual)) {
            return usual;
        }
        if (value.equals(other)) {
            return other;
        }
        throw ApiException.invalid(name + " must be '" + usual + "' or '" + other + "'.");
    }

    /** Whether this can be the id of a thread or a run. */
    static boolean isFitId(@Nullable String id) {
        return id != null && FIT_ID.matcher(id).matches();
    }
}
