package io.runtape.relay;

import io.runtape.dialect.Failure;
import io.runtape.error.ErrorCode;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;

/**
 * A response of the agent API that cannot follow an early head, and the failure that its client is told of instead. The
 * recording has the response itself. Confined to the event loop of the call.
 */
final class FailedResponse {

    /** A longer body is no error that a client would show. */
    private static final int BYTES_MAX = 64 << 10;

    private final int status;
    private final Buffer body = Buffer.buffer();
    private boolean tooLong;

    FailedResponse(int status) {
        this.status = status;
    }

    /** Takes more of its body. */
    void add(Buffer bytes) {
        tooLong |= body.length() + bytes.length() > BYTES_MAX;
        if (!tooLong) {
            body.appendBuffer(bytes);
        }
    }

    /** The failure, with the agent API's own code and message if its body has them. */
    Failure failure() {
        if (status >= 200 && status < 300) {
            return new Failure(
                    ErrorCode.UPSTREAM_INVALID.code(),
                    "The agent API answered with status " + status
                            + ", but not with an event stream that Runtape can read, which Runtape-Keep-Alive: …;"
                            + " early has promised. The history has its response.");
        }
        Failure told = Failure.inBody(tooLong ? "" : body.toString(StandardCharsets.UTF_8));
        String answered = "The agent API answered with status " + status;
        return new Failure(told.code(), told.message().isEmpty() ? answered + "." : answered + ": " + told.message());
    }
}
