package io.runtape.relay;

import io.runtape.upstream.AgentResponse;
import java.util.concurrent.Flow;

/**
 * Is notified when the reading of a response's body begins, and once how the body ended. All calls come on the event
 * loop of the call.
 */
interface BodyListener {

    /** The reading of the body has begun. */
    void reading(UpstreamBodyReader reading, Flow.Subscription subscription);

    /** The response is complete. */
    void complete(AgentResponse response);

    /** The connection broke before the response was complete. */
    void brokenOff(Throwable cause);

    /** A fault of the gateway itself: it cannot go on with the response. */
    void faulty(RuntimeException fault);

    /** No bytes came for the whole time that is allowed. */
    void silent();
}
