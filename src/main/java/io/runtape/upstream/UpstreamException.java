package io.runtape.upstream;

/** The agent API gave no answer that could be passed on. */
public final class UpstreamException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final UpstreamFailure failure;
    private final boolean sent;

    /** @param sent whether anything of the call may have reached the agent API */
    public UpstreamException(UpstreamFailure failure, boolean sent, Throwable cause) {
        super("the agent API gave no answer: " + failure.words(), cause, false, false);
        this.failure = failure;
        this.sent = sent;
    }

    /** Of what a client failed with: before anything was sent it can be nothing that the agent API did. */
    static UpstreamException of(Throwable cause, boolean sent) {
        UpstreamFailure failure = UpstreamFailure.of(cause);
        return new UpstreamException(sent ? failure : failure.beforeTheCall(), sent, cause);
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
