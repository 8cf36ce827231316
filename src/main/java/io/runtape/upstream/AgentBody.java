package io.runtape.upstream;

import io.smallrye.mutiny.Multi;
import io.vertx.core.buffer.Buffer;

/**
 * The body of a response of the agent API, read only as far as the subscriber requests. Confined to the event loop of
 * the call.
 */
public interface AgentBody {

    /**
     * The bytes, as they arrive. A cancel resets the connection, so that the agent API sees that its client has gone.
     * Fails if the connection breaks before the response is complete. Allows one subscription.
     */
    Multi<Buffer> bytes();

    /** Gives up the response unread. */
    void abort();

    /**
     * Takes back requests for bytes that have not come: no bytes come until the next request, except for those already
     * read from a broken connection.
     */
    void pause();
}
