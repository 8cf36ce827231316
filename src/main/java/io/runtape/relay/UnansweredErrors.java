package io.runtape.relay;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.run.RunReason;
import io.runtape.upstream.UpstreamFailure;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The errors for clients that get no response of the agent API. As long as nothing was sent to it, they ask the client
 * to try again if that may help. Afterwards they never do: the agent may have done its work, and the run keeps its
 * idempotency key.
 */
public final class UnansweredErrors {

    /** For a failure that passes in a moment. */
    static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    /** Until a load balancer, or the next gateway at this address, has taken over. */
    private static final Duration RETRY_AFTER_STOP = Duration.ofSeconds(5);

    private UnansweredErrors() {}

    /**
     * The error for the client whose own call to the agent API failed.
     *
     * @param sent whether the agent API may have got the call
     */
    public static ApiException of(UpstreamFailure failure, boolean sent) {
        ApiException error = switch (failure) {
            case TIMEOUT -> ApiException.of(ErrorCode.UPSTREAM_TIMEOUT, "The agent API did not answer in time.");
            case INVALID -> ApiException.of(ErrorCode.UPSTREAM_INVALID, "What the agent API answered is not HTTP.");
            case FAULT -> fault(sent);
            default ->
                ApiException.of(
                        ErrorCode.UPSTREAM_UNREACHABLE, "The agent API cannot be reached: " + failure.words() + ".");
        };
        return sent ? error.notRepeated() : error;
    }

    /**
     * The error for a run that ended without a response.
     *
     * @param reason why it ended; null if that is not durable
     * @param sent whether the agent API may have got the call
     */
    static ApiException because(@Nullable RunReason reason, boolean sent) {
        return sent ? afterTheCall(reason) : beforeTheCall(reason);
    }

    private static ApiException beforeTheCall(@Nullable RunReason reason) {
        if (reason == RunReason.UPSTREAM_UNREACHABLE) {
            return unreachable();
        }
        if (reason == RunReason.GATEWAY_LOST) {
            return fault(false);
        }
        return reason == RunReason.GATEWAY_STOPPED ? stopping() : awayStore();
    }

    private static ApiException afterTheCall(@Nullable RunReason reason) {
        if (reason == null) {
            return lost();
        }
        return switch (reason) {
            case UPSTREAM_UNREACHABLE -> unreachable().notRepeated();
            case UPSTREAM_CLOSED ->
                ApiException.of(
                                ErrorCode.UPSTREAM_UNREACHABLE,
                                "The agent API closed the connection without a response.")
                        .notRepeated();
            case UPSTREAM_ERROR ->
                ApiException.of(ErrorCode.UPSTREAM_INVALID, "What the agent API answered is not HTTP.")
                        .notRepeated();
            case UPSTREAM_TIMEOUT ->
                ApiException.of(ErrorCode.UPSTREAM_TIMEOUT, "The agent API did not answer in time.")
                        .notRepeated();
            // Not a status that invites a retry: the run was cancelled on purpose.
            case CLIENT_DISCONNECTED, CANCEL_REQUESTED ->
                ApiException.of(ErrorCode.GONE, "The run was cancelled before the agent API answered.");
            case GATEWAY_STOPPED, GATEWAY_LOST, STORE_UNAVAILABLE -> lost();
        };
    }

    private static ApiException unreachable() {
        return ApiException.of(ErrorCode.UPSTREAM_UNREACHABLE, "No connection to the agent API.");
    }

    private static ApiException fault(boolean sent) {
        return ApiException.of(
                ErrorCode.INTERNAL_ERROR,
                sent
                        ? "The gateway failed at this call. The agent may have done its work: look before you send the call again."
                        : "The gateway failed at this call before anything was sent to the agent API.");
    }

    private static ApiException lost() {
        return ApiException.of(
                        ErrorCode.INTERNAL_ERROR,
                        "The response of the agent API could not be recorded, and is lost. The agent may have done its work:"
                                + " look before you send the call again, which needs another Idempotency-Key.")
                .notRepeated();
    }

    /** No run begins while the gateway stops; nothing was sent. */
    static ApiException stopping() {
        return ApiException.of(ErrorCode.SHUTTING_DOWN, "The gateway is stopping and takes no new runs.")
                .retryAfter(RETRY_AFTER_STOP);
    }

    /** No run begins without the database; nothing was sent. */
    public static ApiException awayStore() {
        return unavailable("The database does not answer. Nothing was sent to the agent API.");
    }

    /** No run begins now; nothing was sent. */
    static ApiException unavailable(String message) {
        return ApiException.of(ErrorCode.STORE_UNAVAILABLE, message).retryAfter(RETRY_AFTER);
    }
}
