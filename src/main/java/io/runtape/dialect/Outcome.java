package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of a run, as far as its runtime reports it. Every field may be null.
 *
 * @param verdict how it ended; null if the stream does not say
 * @param result the result: a JSON string, or another JSON value if the runtime gave one
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
