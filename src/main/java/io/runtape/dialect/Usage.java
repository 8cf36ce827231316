package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that a run took, by its agent API's account. What the API does not tell is null, never 0.
 *
 * @param inputTokens all that was read, cached tokens included
 * @param outputTokens all that was written, reasoning included
 * @param cachedInputTokens those of the input that came out of a cache
 * @param cacheWriteTokens those of the input that were written into a cache
 * @param reasoningTokens those of the output that the model thought with
 */
public record Usage(
        @Nullable Long inputTokens,
        @Nullable Long outputTokens,
        @Nullable Long cachedInputTokens,
        @Nullable Long cacheWriteTokens,
        @Nullable Long reasoningTokens) {

    /** Nothing is known. */
    public static final Usage UNKNOWN = new Usage(null, null, null, null, null);

    /** A count at a JSON pointer; null where there is none. */
    public static @Nullable Long count(JsonNode node, String pointer) {
        JsonNode value = node.at(pointer);
        return value.isIntegralNumber() && value.canConvertToLong() && value.longValue() >= 0
                ? value.longValue()
                : null;
    }

    /** The other's counts, where it has them, in the place of these: of counts that are told again as they grow. */
    public Usage updated(Usage later) {
        return new Usage(
                or(later.inputTokens, inputTokens),
                or(later.outputTokens, outputTokens),
                or(later.cachedInputTokens, cachedInputTokens),
                or(later.cacheWriteTokens, cacheWriteTokens),
                or(later.reasoningTokens, reasoningTokens));
    }

    /** The sum of both; what one of them does not tell is what the other does. */
    public Usage plus(Usage other) {
        return new Usage(
                sum(inputTokens, other.inputTokens),
                sum(outputTokens, other.outputTokens),
                sum(cachedInputTokens, other.cachedInputTokens),
                sum(cacheWriteTokens, other.cacheWriteTokens),
                sum(reasoningTokens, other.reasoningTokens));
    }

    private static @Nullable Long or(@Nullable Long first, @Nullable Long second) {
        return first == null ? second : first;
    }

    private static @Nullable Long sum(@Nullable Long one, @Nullable Long other) {
        return one == null ? other : other == null ? one : Long.valueOf(one + other);
    }
}
