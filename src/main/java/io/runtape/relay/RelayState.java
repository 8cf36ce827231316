package io.runtape.relay;

import io.runtape.journal.RunJournal;
import io.runtape.upstream.AgentResponse;
import io.smallrye.mutiny.subscription.Cancellable;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** How far a recorded call has come. Each state knows what it takes to give up the call to the agent API. */
sealed interface RelayState {

    /** The run, as long as it has no end; null before the call was sent. */
    @Nullable
    RunJournal run();

    /** Closes what is open towards the agent API. */
    void closeUpstream();

    /** Nothing was sent. */
    record Opening() implements RelayState {
        @Override
        public @Nullable RunJournal run() {
            return null;
        }

        @Override
        public void closeUpstream() {
            // Nothing is open.
        }
    }

    /** The call was sent, and the head of the response is awaited. */
    record Calling(RunJournal run, Cancellable call) implements RelayState {
        @Override
        public void closeUpstream() {
            call.cancel();
        }
    }

    /** The body is being read. */
    record Relaying(RunJournal run, AgentResponse response, Flow.Subscription body) implements RelayState {
        @Override
        public void closeUpstream() {
            body.cancel();
        }
    }

    /** The run has its end, durable or on its way to be. */
    record Ended() implements RelayState {
        @Override
        public @Nullable RunJournal run() {
            return null;
        }

        @Override
        public void closeUpstream() {
            // Nothing is open.
        }
    }
}
