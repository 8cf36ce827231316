package io.runtape.run;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended, and the outcome from its events; durable with its last frame.
 *
 * @param status never {@link RunStatus#RUNNING}
 * @param reason why, unless the run completed
 * @param cut whether the response broke off, so that its remaining readers must see a broken connection; for a run
 *     without a response, whether the agent API may have got the call. If it did not get the call, nothing broke off,
 *     and the run's idempotency key is free again
 * @param completedAt when the end came
 * @param outcome the outcome from its events
 */
public record RunEnd(
        RunStatus status, @Nullable RunReason reason, boolean cut, Instant completedAt, RunOutcome outcome) {

    /** The end of a run that breaks off for a reason of the gateway, without an outcome from its events. */
    public static RunEnd broken(RunStatus status, RunReason reason, Instant at) {
        return new RunEnd(status, reason, true, at, RunOutcome.UNKNOWN);
    }

    /** The same for a run whose call the gateway has not sent and will not send. */
    public RunEnd unsent() {
        return new RunEnd(status, reason, false, completedAt, outcome);
    }

    /**
     * The same without what only the row needs: slow readers may hold this object for long, and a result may be large.
     */
    public RunEnd withoutOutcome() {
        return new RunEnd(status, reason, cut, completedAt, RunOutcome.UNKNOWN);
    }
}
