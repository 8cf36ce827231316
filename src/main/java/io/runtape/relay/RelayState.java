package io.runtape.relay;

import io.smallrye.mutiny.subscription.Cancellable;
import java.util.concurrent.Flow;

/** The progress of a recorded call. Each state knows how to give up the call to the agent API. */
sealed interface RelayState {

    /** Whether the call was sent and the run has no end yet. */
    default boolean isCallOpen() {
        return false;
    }

    /** Closes what is open towards the agent API. */
    void closeUpstream();

    /** Nothing was sent yet. */
    record Opening() implements RelayState {
        @Override
        public void closeUpstream() {
            // Nothing is open.
        }
    }

    /** The call was sent, and the relay waits for the head of the response. */
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

    /** The relay reads the body. */
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

    /** The run has its end, which is durable or waits for its commit. */
    record Ended() implements RelayState {
        @Override
        public void closeUpstream() {
            // Nothing is open.
        }
    }
}
