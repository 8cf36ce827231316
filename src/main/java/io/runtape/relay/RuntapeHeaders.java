package io.runtape.relay;

import io.runtape.delivery.BodyForm;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.run.ChosenId;
import io.runtape.run.StreamPosition;
import io.vertx.core.MultiMap;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's own request headers (docs/reference/http-api.md, "Calls through the gateway"). It never sends them on.
 *
 * @param cancelOnDisconnect whether the run is cancelled when its client is gone; null if the caller does not say
 * @param eventIds whether each event gets an {@code id} line
 * @param threadId the thread that the caller names
 * @param keepAlive the comments that the client wants while nothing happens; null for none
 * @param idempotencyKey the key of the call, which identifies a repeat
 * @param position the last sequence that the caller has of the response to the call with that key; 0 for none
 */
record RuntapeHeaders(
        @Nullable Boolean cancelOnDisconnect,
        boolean eventIds,
        @Nullable String threadId,
        @Nullable KeepAlive keepAlive,
        @Nullable String idempotencyKey,
        long position) {

    /**
     * The headers that a recorded call does not send on: Runtape's own, and the one that would allow a compressed
     * response.
     */
    private static final Set<String> NOT_SENT_ON = Set.of(
            "accept-encoding",
            "content-length",
            "idempotency-key",
            "runtape-on-disconnect",
            "runtape-event-ids",
            "runtape-keep-alive",
            "runtape-thread-id");

    /** In a call with a key, the position is one in Runtape's run. */
    private static final Set<String> NOT_SENT_ON_OF_KEYED =
            Stream.concat(NOT_SENT_ON.stream(), Stream.of("last-event-id")).collect(Collectors.toUnmodifiableSet());

    /**
     * Reads the headers.
     *
     * @throws ApiException 400 if one has a value that is not allowed
     */
    static RuntapeHeaders of(MultiMap headers, KeyHeaders keys) {
        String threadId = SingleHeader.of(headers, "Runtape-Thread-Id");
        if (threadId != null && !ChosenId.isFit(threadId)) {
            throw ApiException.invalid(
                    "Runtape-Thread-Id must be 1 to 128 characters of letters, digits, '.', '_', ':' and '-', and not"
                            + " '.' or '..' alone.");
        }
        @Nullable String idempotencyKey = keys.keyIn(headers);
        @Nullable String keepAlive = SingleHeader.of(headers, "Runtape-Keep-Alive");
        return new RuntapeHeaders(
                headers.contains("Runtape-On-Disconnect")
                        ? oneOf(headers, "Runtape-On-Disconnect", "continue", "cancel")
                                .equals("cancel")
                        : null,
                oneOf(headers, "Runtape-Event-Ids", "false", "true").equals("true"),
                threadId,
                keepAlive == null ? null : KeepAlive.of(keepAlive),
                idempotencyKey,
                idempotencyKey == null ? 0 : position(headers));
    }

    /**
     * The same for a caller whose calls never get another call's run.
     *
     * @throws ApiException 400 if it names a position: a new run would not be the rest of the response that the caller
     *     has
     */
    RuntapeHeaders unkeyed() {
        if (position > 0) {
            throw ApiException.of(
                    ErrorCode.UNKNOWN_SEQUENCE,
                    "A call without a credential is never a repeat, so that Last-Event-ID is a position in no run. Nothing"
                            + " was sent to the agent API; send the call without Last-Event-ID to begin a run.");
        }
        return new RuntapeHeaders(cancelOnDisconnect, eventIds, threadId, keepAlive, null, 0);
    }

    private static long position(MultiMap headers) {
        String value = SingleHeader.of(headers, "Last-Event-ID");
        if (value == null || value.isEmpty()) {
            return 0;
        }
        return StreamPosition.of(
                value,
                "Last-Event-ID must be a sequence of the run, a number from 0, in a call with an Idempotency-Key.");
    }

    /**
     * The form in which the client gets the body: only an event stream that the gateway can read can have ids and
     * comments.
     *
     * @param readable whether the gateway can read the body: it is not compressed, or in a way that the gateway decodes
     * @param failure writes the event that a client with an early head gets instead of a cut connection, by the reason
     */
    BodyForm form(boolean eventStream, boolean readable, @Nullable Function<@Nullable String, byte[]> failure) {
        boolean ids = eventIds && eventStream && readable;
        @Nullable KeepAlive comments = eventStream && readable ? keepAlive : null;
        boolean decoded = ids || comments != null || position > 0 && readable;
        return comments == null
                ? new BodyForm(ids, decoded, null, null)
                : new BodyForm(ids, decoded, comments.idle(), comments.early() ? failure : null);
    }

    /** The names, in lower case, of the headers of this call that are not sent on. */
    Set<String> notSentOn() {
        return idempotencyKey == null ? NOT_SENT_ON : NOT_SENT_ON_OF_KEYED;
    }

    private static String oneOf(MultiMap headers, String name, String usual, String other) {
        String value = SingleHeader.of(headers, name);
        if (value == null || value.equals(usual)) {
            return usual;
        }
        if (value.equals(other)) {
            return other;
        }
        throw ApiException.invalid(name + " must be '" + usual + "' or '" + other + "'.");
    }
}
