package io.runtape.upstream;

/** The agent API gave no response that the gateway can pass on. */
public final class UpstreamException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final UpstreamFailure failure;
    private final boolean sent;

    /** @param sent whether anything of the call may have reached the agent API */
    public UpstreamException(UpstreamFailure failure, boolean sent, Throwable cause) {
        super("the agent API gave no response: " + failure.words(), cause, false, false);
        this.failure = failure;
        this.sent = sent;
    }

    /** What went wrong. */
    public UpstreamFailure failure() {
        return failure;
    }

    /** Whether anything of the call may have reached the agent API. */
    public boolean sent() {
        return sent;
    }
}
