package io.runtape.diff;

import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A number of both runs. */
@Schema(
        description = "A number of both runs. What is not known is null, and then there is no difference.",
        requiredProperties = {"first", "second", "difference"})
record Figure(
        @Schema(nullable = true, description = "The number of the first run.", examples = "1480") @Nullable
        Long first,

        @Schema(nullable = true, description = "The number of the second run.", examples = "1502") @Nullable
        Long second,

        @Schema(nullable = true, description = "By how much the second is larger.", examples = "22") @Nullable
        Long difference) {

    static Figure of(@Nullable Long first, @Nullable Long second) {
        return new Figure(first, second, first == null || second == null ? null : Long.valueOf(second - first));
    }
}
