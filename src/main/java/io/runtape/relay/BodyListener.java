package io.runtape.relay;

import io.runtape.upstream.AgentResponse;
import java.util.concurrent.Flow;

/** Whoever has a response's body read: hears that it has begun, and once how it ended. All calls come on the event loop of the call. */
interface BodyListener {

    /** The body is being read. */
    void reading(UpstreamBodyReader reading, Flow.Subscription subscription);

    /** The response is whole. */
    void complete(AgentResponse response);

    /** The connection broke before the response was whole. */
    void brokenOff(Throwable cause);

    /** The gateway itself cannot go on with the response. */
    void faulty(RuntimeException fault);

    /** Nothing came for as long as is allowed. */
    void silent();
}
