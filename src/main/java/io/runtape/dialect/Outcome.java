package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of a run, as its agent API reported it. Every field but the last may be null.
 *
 * @param dialect the name of the dialect that the events were read in
 * @param verdict how the run ended; null if the stream ended without a verdict
 * @param result the response: a JSON string, or another JSON value if the agent API gave one
 * @param usage the counts of tokens
 * @param iterations how many turns the agent took
 * @param error why the run failed; null for a run that did not fail
 * @param model the model that was used
 * @param finishReason why the model stopped, in the agent API's own word
 * @param upstreamRunId the run's id at the agent API
 * @param unfinished whether the stream has not ended by the rules of its dialect: if it ends now, it has broken off,
 *     even if its connection ended in good order
 * @param inferred whether the verdict only follows from the stream's end in good order, since the streams of the dialect
 *     do not say that they are complete: a cancel call that the agent API took explains that end as well
 */
public record Outcome(
        @Nullable String dialect,
        @Nullable Verdict verdict,
        @Nullable JsonNode result,
        @Nullable Usage usage,
        @Nullable Integer iterations,
        @Nullable Failure error,
        @Nullable String model,
        @Nullable String finishReason,
        @Nullable String upstreamRunId,
        boolean unfinished,
        boolean inferred) {

    /** An outcome without any information. */
    public static final Outcome UNKNOWN =
            new Outcome(null, null, null, null, null, null, null, null, null, false, false);
}
