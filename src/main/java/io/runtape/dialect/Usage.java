package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that a run took, as its agent API counts them. Unknown counts are null, never 0.
 *
 * @param inputTokens all tokens that were read, cached ones included
 * @param outputTokens all tokens that were written, reasoning included
 * @param cachedInputTokens input tokens that were read from a cache
 * @param cacheWriteTokens input tokens that were written to a cache
 * @param reasoningTokens output tokens that the model used for reasoning
 */
public record Usage(
        @Nullable Long inputTokens,
        @Nullable Long outputTokens,
        @Nullable Long cachedInputTokens,
        @Nullable Long cacheWriteTokens,
        @Nullable Long reasoningTokens) {

    /** The names of all counts, as in JSON. */
    public static final List<String> COUNTS =
            List.of("inputTokens", "outputTokens", "cachedInputTokens", "cacheWriteTokens", "reasoningTokens");

    /** A usage without any counts. */
    public static final Usage UNKNOWN = new Usage(null, null, null, null, null);

    /** A greater number is no count of tokens of a run. Sums of as many runs as there can be stay below 2⁶³. */
    private static final long COUNT_MAX = 1_000_000_000_000L;

    /** The count at a JSON pointer; null if there is none, or one that no run can have. */
    public static @Nullable Long count(JsonNode node, String pointer) {
        return countOrNull(node.at(pointer));
    }

    /** The count that this is; null if it is none, or one that no run can have. */
    public static @Nullable Long countOrNull(JsonNode value) {
        return value.isIntegralNumber()
                        && value.canConvertToLong()
                        && value.longValue() >= 0
                        && value.longValue() <= COUNT_MAX
                ? value.longValue()
                : null;
    }

    /** The sum of both; a count that only one of them has stays as it is. */
    public Usage plus(Usage other) {
        return new Usage(
                sum(inputTokens, other.inputTokens),
                sum(outputTokens, other.outputTokens),
                sum(cachedInputTokens, other.cachedInputTokens),
                sum(cacheWriteTokens, other.cacheWriteTokens),
                sum(reasoningTokens, other.reasoningTokens));
    }

    private static @Nullable Long sum(@Nullable Long one, @Nullable Long other) {
        return one == null ? other : other == null ? one : Long.valueOf(one + other);
    }
}
