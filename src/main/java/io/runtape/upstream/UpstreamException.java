package io.runtape.upstream;

/** The agent API gave no answer that could be passed on. */
public final class UpstreamException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final UpstreamFailure failure;

    /** Of what a client failed with. */
    UpstreamException(Throwable cause) {
        this(UpstreamFailure.of(cause), cause);
    }

    UpstreamException(UpstreamFailure failure, Throwable cause) {
        super("the agent API gave no answer: " + failure.words(), cause, false, false);
        this.failure = failure;
    }

    /** What went wrong. */
    public UpstreamFailure failure() {
        return failure;
    }
}
