package io.runtape.error;

import java.util.Locale;

/**
 * The gateway's own errors, with their HTTP status. A client branches on the {@link #code()}; errors of the agent API
 * pass verbatim and do not appear here.
 */
public enum ErrorCode {
    /**
     * The body is not what the call takes, or one of Runtape's headers or parameters has a value that is not allowed.
     */
    INVALID_REQUEST(400),
    /** A position past the last frame of the run. */
    UNKNOWN_SEQUENCE(400),
    /** No credential where one is needed. */
    UNAUTHORIZED(401),
    /** The credential does not hold the role that the call needs. */
    FORBIDDEN(403),
    /** No such run, thread or path; also for those of another owner. */
    NOT_FOUND(404),
    /** No recording fits the request to replay. */
    NO_RECORDING(404),
    METHOD_NOT_ALLOWED(405),
    NOT_ACCEPTABLE(406),
    /** The body stands still, or comes too slowly. */
    REQUEST_TIMEOUT(408),
    /** The call needs a run that has ended. */
    RUN_ACTIVE(409),
    /** A deletion by filter would delete another number than its caller expects. */
    UNEXPECTED_COUNT(409),
    /** The run of the idempotency key was deleted. */
    GONE(410),
    /** Retention removed the frames; the run itself is still there. */
    FRAMES_EXPIRED(410),
    BODY_TOO_LARGE(413),
    /** The request's first line, which its URI makes long. */
    URI_TOO_LONG(414),
    UNSUPPORTED_MEDIA_TYPE(415),
    /** The idempotency key was used before, for another request. */
    IDEMPOTENCY_KEY_REUSED(422),
    /** The bound on live runs is reached. */
    TOO_MANY_RUNS(429),
    HEADERS_TOO_LARGE(431),
    /** A fault of the gateway; the log has the cause under the request id. */
    INTERNAL_ERROR(500),
    NOT_SUPPORTED(501),
    /** No connection to the agent API, or TLS failed. */
    UPSTREAM_UNREACHABLE(502),
    /** The agent API's response is not HTTP. */
    UPSTREAM_INVALID(502),
    /** The database does not answer; nothing was sent to the agent API. */
    STORE_UNAVAILABLE(503),
    /**
     * The memory for the bodies or responses of all callers is in use, or as many imports or deletions by filter go on as may at
     * once; nothing was done. Of an import that had begun, the runs that were whole by then are there.
     */
    OVERLOADED(503),
    /** The gateway takes no new runs because it is stopping. */
    SHUTTING_DOWN(503),
    /** The agent API sent no response head in time. */
    UPSTREAM_TIMEOUT(504);

    private final int status;
    private final String code;

    ErrorCode(int status) {
        this.status = status;
        this.code = name().toLowerCase(Locale.ROOT);
    }

    /** The HTTP status, 400 to 599. */
    public int status() {
        return status;
    }

    /** The word in the envelope, such as {@code not_found}. */
    public String code() {
        return code;
    }
}
