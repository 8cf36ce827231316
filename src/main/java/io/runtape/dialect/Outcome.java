package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * How a run came out, as far as its runtime said so. Every field may be null.
 *
 * @param verdict how it ended; null where the stream ended without saying
 * @param result the response: a JSON string, or another JSON value where the runtime gave one
 * @param usage the counts of tokens, an object with the runtime's own names
 * @param iterations how many turns the agent took
 * @param error why it failed; null for a run that did not
 */
public record Outcome(
        @Nullable Verdict verdict,
        @Nullable JsonNode result,
        @Nullable JsonNode usage,
        @Nullable Integer iterations,
        @Nullable Failure error) {
    /** Nothing is known. */
    public static final Outcome UNKNOWN = new Outcome(null, null, null, null, null);
}
