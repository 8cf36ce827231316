package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * How a run came out, as far as its agent API said so. Every field may be null.
 *
 * @param dialect the name of the dialect that the events were read in
 * @param verdict how it ended; null where the stream ended without saying
 * @param result the response: a JSON string, or another JSON value where the agent API gave one
 * @param usage the counts of tokens
 * @param iterations how many turns the agent took
 * @param error why it failed; null for a run that did not
 * @param model the model that was used
 * @param finishReason why the model stopped, in the agent API's own word
 * @param upstreamRunId the run's id at the agent API
 * @param unfinished whether it is read out of a stream that has not ended by the rules of its dialect: one that ends now has broken
 *     off, even where its connection ended in good order
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
        boolean unfinished) {

    /** Nothing is known. */
    public static final Outcome UNKNOWN = new Outcome(null, null, null, null, null, null, null, null, null, false);
}
