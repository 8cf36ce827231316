package io.runtape.run;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended, and what its events said; durable with its last frame.
 *
 * @param status never {@link RunStatus#RUNNING}
 * @param reason why, unless it completed
 * @param cut whether the response broke off, so that whoever is still being sent it must see a broken connection; of a run
 *     without a response, whether the agent API may have got the call. Where it did not, nothing could break off, and the run's
 *     idempotency key is free again
 * @param completedAt when the end came
 * @param dialect the dialect that the events were read in, null where it is unknown
 * @param result any JSON
 * @param usage a JSON object
 * @param iterations how many turns the agent took
 * @param error a JSON object
 */
public record RunEnd(
        RunStatus status,
        @Nullable RunReason reason,
        boolean cut,
        Instant completedAt,
        @Nullable String dialect,
        @Nullable String result,
        @Nullable String usage,
        @Nullable Long iterations,
        @Nullable String error) {

    /** A run that breaks off for a reason of the gateway's, with nothing read out of its events. */
    public static RunEnd broken(RunStatus status, RunReason reason, Instant at) {
        return new RunEnd(status, reason, true, at, null, null, null, null, null);
    }

    /** The same, of a run whose call was not sent to the agent API and will not be. */
    public RunEnd unsent() {
        return new RunEnd(status, reason, false, completedAt, dialect, result, usage, iterations, error);
    }

    /** The same without what only the row needs: readers may hold it for as long as they take, and a result may be long. */
    public RunEnd withoutOutcome() {
        return new RunEnd(status, reason, cut, completedAt, null, null, null, null, null);
    }
}
