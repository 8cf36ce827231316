package io.runtape.run;

import org.jspecify.annotations.Nullable;

/**
 * The outcome of a run as its events report it, as text for its row. Every field is null if the events do not have it.
 *
 * @param dialect the name of the dialect that the events were read in
 * @param model the model that was used
 * @param finishReason why the model stopped, in the agent API's own word
 * @param result any JSON
 * @param usage a JSON object
 * @param iterations how many turns the agent took
 * @param error a JSON object
 */
public record RunOutcome(
        @Nullable String dialect,
        @Nullable String model,
        @Nullable String finishReason,
        @Nullable String result,
        @Nullable String usage,
        @Nullable Long iterations,
        @Nullable String error) {

    /** An outcome without any information from events. */
    public static final RunOutcome UNKNOWN = new RunOutcome(null, null, null, null, null, null, null);
}
