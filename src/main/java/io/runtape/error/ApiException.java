package io.runtape.error;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Ends a call with an {@link ErrorCode}. The caller gets the message as it is: it names what is wrong and what is
 * allowed, and never repeats a credential, a body or the message of another exception.
 *
 * <p>Errors of the caller carry no stack trace, so that bad requests cost little.
 */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final transient Map<String, String> headers;

    private ApiException(ErrorCode code, String message, Map<String, String> headers, @Nullable Throwable cause) {
        super(message, cause, false, code.status() >= 500);
        this.code = code;
        this.headers = headers;
    }

    /** Any error that needs no header. */
    public static ApiException of(ErrorCode code, String message) {
        return new ApiException(code, message, Map.of(), null);
    }

    /** An error that something else caused; the cause is for the log only. */
    public static ApiException of(ErrorCode code, String message, Throwable cause) {
        return new ApiException(code, message, Map.of(), cause);
    }

    /** 400: a body, header or parameter is not allowed. */
    public static ApiException invalid(String message) {
        return of(ErrorCode.INVALID_REQUEST, message);
    }

    /** 400: the position lies past the run's last frame, {@code lastSequence}. */
    public static ApiException unknownSequence(long lastSequence) {
        return of(ErrorCode.UNKNOWN_SEQUENCE, "The position is past the last sequence, which is " + lastSequence + ".");
    }

    /** 400: the thread has no such position; {@code lastPosition} is the last one of the run that it names, or of the thread. */
    public static ApiException unknownPosition(long lastPosition) {
        return of(
                ErrorCode.UNKNOWN_SEQUENCE,
                "The thread has no such position. Positions are the ids of its events: the place of a run in the thread times"
                        + " 4294967296, plus a sequence. The last one of that run, or else of the thread, is "
                        + lastPosition + ".");
    }

    /** 401, with the challenge that RFC 9110 section 15.5.2 asks for. */
    public static ApiException unauthorized(String message) {
        return new ApiException(ErrorCode.UNAUTHORIZED, message, Map.of("WWW-Authenticate", "Bearer"), null);
    }

    /** 404: the caller has no such thing; {@code what} is a noun, for example {@code run}. */
    public static ApiException notFound(String what) {
        return of(ErrorCode.NOT_FOUND, "There is no such " + what + ".");
    }

    /** 405: the path is there, for these methods only; {@code allowed} is the value of {@code Allow}. */
    public static ApiException methodNotAllowed(String allowed) {
        return new ApiException(
                ErrorCode.METHOD_NOT_ALLOWED, "Allowed here: " + allowed + ".", Map.of("Allow", allowed), null);
    }

    /** 415: the body has a coding that is not read here; {@code allowed} is the value of {@code Accept-Encoding}. */
    public static ApiException unsupportedCoding(String message, String allowed) {
        return new ApiException(ErrorCode.UNSUPPORTED_MEDIA_TYPE, message, Map.of("Accept-Encoding", allowed), null);
    }

    /** 409: the run is live, so it cannot be deleted or replayed. */
    public static ApiException runActive() {
        return of(ErrorCode.RUN_ACTIVE, "The run is still going on. Cancel it or wait for its end.");
    }

    /** 410: retention has deleted the frames and the request of the run. */
    public static ApiException framesExpired() {
        return of(
                ErrorCode.FRAMES_EXPIRED,
                "The frames and the request of this run were kept long enough and are deleted. The run and its transcript"
                        + " are still there.");
    }

    /** 410: the same of a thread's run, whose last frame had this position in the thread. */
    public static ApiException framesExpired(long lastPosition) {
        return of(
                ErrorCode.FRAMES_EXPIRED,
                "Frames of this thread were kept long enough and are deleted; their runs and transcripts are still there."
                        + " What comes behind them is behind the position " + lastPosition + ": ask with after="
                        + lastPosition + ".");
    }

    /** The same error, asking the caller to come back after a while: whole seconds, rounded up, at least one. */
    public ApiException retryAfter(Duration delay) {
        long seconds = Math.max(1, delay.plusMillis(999).toSeconds());
        return with("Retry-After", Long.toString(seconds));
    }

    /**
     * The same error, with a header that tells clients not to repeat the call by themselves, since it may have done its
     * work. OpenAI's and Anthropic's clients obey it.
     */
    public ApiException notRepeated() {
        return with("x-should-retry", "false");
    }

    private ApiException with(String name, String value) {
        Map<String, String> all = new TreeMap<>(headers);
        all.put(name, value);
        return new ApiException(code, message(), all, getCause());
    }

    public ErrorCode code() {
        return code;
    }

    /** The message to the caller. */
    public String message() {
        String message = getMessage();
        return message == null ? code.code() : message;
    }

    /** Headers that go with the response. */
    public Map<String, String> headers() {
        return headers;
    }
}
