package io.runtape.relay;

import io.smallrye.mutiny.subscription.Cancellable;
import java.util.concurrent.Flow;

/** How far a recorded call has come. Each state knows what it takes to give up the call to the agent API. */
sealed interface RelayState {

    /** Whether the call was sent, and the run has no end yet. */
    default boolean isCallOpen() {
        return false;
    }

    /** Closes what is open towards the agent API. */
    void closeUpstream();

    /** Nothing was sent. */
    record Opening() implements RelayState {
        @Override
        public void closeUpstream() {
            // Nothing is open.
        }
    }

    /** The call was sent, and the head of the response is awaited. */
    record Calling(Cancellable call) implements RelayState {
        @Override
        public boolean isCallOpen() {
            return true;
        }

        @Override
        public void closeUpstream() {
            call.cancel();
        }
    }

    /** The body is being read. */
    record Relaying(Flow.Subscription body) implements RelayState {
        @Override
        public boolean isCallOpen() {
            return true;
        }

        @Override
        public void closeUpstream() {
            body.cancel();
        }
    }

    /** The run has its end, durable or on its way to be. */
    record Ended() implements RelayState {
        @Override
        public void closeUpstream() {
            // Nothing is open.
        }
    }
}
