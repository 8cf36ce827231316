package io.runtape.proxy;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.model.RunReason;
import io.runtape.upstream.UpstreamFailure;
import org.jspecify.annotations.Nullable;

/** What the clients of a run are told that ended without an answer of the agent API. */
final class NoAnswer {

    private NoAnswer() {}

    /** What the client is told whose own call to the agent API failed. */
    static ApiException of(UpstreamFailure failure) {
        return switch (failure) {
            case NAME_NOT_FOUND, REFUSED, NO_ROUTE, CONNECT_TIMEOUT, CERTIFICATE, TLS, NO_CONNECTION, CLOSED ->
                ApiException.of(
                        ErrorCode.UPSTREAM_UNREACHABLE, "The agent API cannot be reached: " + failure.words() + ".");
            case TIMEOUT -> ApiException.of(ErrorCode.UPSTREAM_TIMEOUT, "The agent API did not answer in time.");
            case INVALID -> ApiException.of(ErrorCode.UPSTREAM_INVALID, "What the agent API answered is not HTTP.");
        };
    }

    /** @param reason why the run ended */
    static ApiException because(@Nullable RunReason reason) {
        if (reason == null) {
            return notRecorded();
        }
        return switch (reason) {
            case UPSTREAM_UNREACHABLE ->
                ApiException.of(ErrorCode.UPSTREAM_UNREACHABLE, "No connection to the agent API.");
            case UPSTREAM_CLOSED ->
                ApiException.of(
                        ErrorCode.UPSTREAM_UNREACHABLE, "The agent API closed the connection without an answer.");
            case UPSTREAM_ERROR ->
                ApiException.of(ErrorCode.UPSTREAM_INVALID, "What the agent API answered is not HTTP.");
            case UPSTREAM_TIMEOUT ->
                ApiException.of(ErrorCode.UPSTREAM_TIMEOUT, "The agent API did not answer in time.");
            case GATEWAY_STOPPED -> ApiException.of(ErrorCode.SHUTTING_DOWN, "The gateway is stopping.");
            // Not a status that invites another try: somebody wants the run to be over.
            case CLIENT_DISCONNECTED, CANCEL_REQUESTED ->
                ApiException.of(ErrorCode.GONE, "The run was cancelled before the agent API answered.");
            case GATEWAY_LOST, STORE_UNAVAILABLE -> notRecorded();
        };
    }

    private static ApiException notRecorded() {
        return ApiException.of(ErrorCode.STORE_UNAVAILABLE, "The run could not be recorded.");
    }
}
