package io.runtape.upstream;

/** The agent API gave no answer that could be passed on. */
public final class UpstreamException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What went wrong. */
    public enum Kind {
        /** No connection, none in time, or TLS failed: nothing was sent. */
        UNREACHABLE,
        /** The connection closed before the head of an answer; what was sent over it may have been received. */
        CLOSED,
        /** What came is not HTTP. */
        INVALID,
        /** The call was sent, and no head came in time. */
        TIMEOUT
    }

    private final Kind kind;

    UpstreamException(Kind kind, Throwable cause) {
        super("the agent API gave no answer: " + kind, cause, false, false);
        this.kind = kind;
    }

    /** What went wrong. */
    public Kind kind() {
        return kind;
    }
}
