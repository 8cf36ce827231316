package io.runtape.upstream;

import io.smallrye.mutiny.Multi;
import io.vertx.core.buffer.Buffer;

/**
 * The body of a response of the agent API, read only as far as is asked for. Confined to the event loop that the call was made
 * on.
 */
public interface AgentBody {

    /**
     * The bytes, as they arrive. Cancelling resets the connection, so that the agent API sees that nobody listens. Fails
     * when the connection breaks before the response is whole. May be subscribed to once.
     */
    Multi<Buffer> bytes();

    /** Gives the response up unread. */
    void abort();

    /**
     * Takes back what was asked for and has not come: nothing comes before more is asked for, but for what was read of a
     * connection that broke.
     */
    void pause();
}
