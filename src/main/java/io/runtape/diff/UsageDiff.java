package io.runtape.diff;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.Usage;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The tokens that two runs took. */
@Schema(
        description = "The tokens that the runs took, of each kind.",
        requiredProperties = {"inputTokens", "outputTokens", "cachedInputTokens", "cacheWriteTokens", "reasoningTokens"
        })
record UsageDiff(
        @Schema(description = "All tokens that were read, cached ones included.")
        Figure inputTokens,

        @Schema(description = "All tokens that were written, reasoning included.")
        Figure outputTokens,

        @Schema(description = "Input tokens that were read from a cache.")
        Figure cachedInputTokens,

        @Schema(description = "Input tokens that were written to a cache.")
        Figure cacheWriteTokens,

        @Schema(description = "Output tokens that the model used for reasoning.")
        Figure reasoningTokens) {

    /** @param first a run's usage as it is stored, or nothing */
    static UsageDiff of(JsonNode first, JsonNode second) {
        return new UsageDiff(
                figure(first, second, "inputTokens"),
                figure(first, second, "outputTokens"),
                figure(first, second, "cachedInputTokens"),
                figure(first, second, "cacheWriteTokens"),
                figure(first, second, "reasoningTokens"));
    }

    private static Figure figure(JsonNode first, JsonNode second, String kind) {
        return Figure.of(Usage.count(first, "/" + kind), Usage.count(second, "/" + kind));
    }
}
