package io.runtape.diff;

import io.runtape.server.memory.ReadOnceList;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The files of two runs. */
@Schema(
        description =
                "Files that the agents made or changed, and addresses that they named, side by side in their order.",
        requiredProperties = {"equal", "tooLong", "pairs"})
record FileDiffs(
        @Schema(description = "Whether all are the same.", examples = "true")
        boolean equal,

        @Schema(description = "Whether there were too many to set them beside each other.", examples = "false")
        boolean tooLong,

        @Schema(description = "The files in their order.") List<FileDiff> pairs) {

    /** @param pairs are read once */
    FileDiffs {
        pairs = ReadOnceList.of(pairs);
    }
}
