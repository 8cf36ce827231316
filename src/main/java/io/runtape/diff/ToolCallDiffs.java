package io.runtape.diff;

import io.runtape.server.memory.ReadOnceList;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The tool calls of two runs. */
@Schema(
        description =
                "The tool calls of the runs, side by side in their order: as many of the same name as possible, and of"
                        + " these as many as possible with the same arguments.",
        requiredProperties = {"equal", "tooLong", "pairs"})
record ToolCallDiffs(
        @Schema(description = "Whether all are the same, with their results.", examples = "false")
        boolean equal,

        @Schema(
                description =
                        "Whether there were too many to set them beside each other: those between the first and the"
                                + " last difference are then told as removed and added.",
                examples = "false")
        boolean tooLong,

        @Schema(description = "The calls in their order.") List<ToolCallDiff> pairs) {

    /** @param pairs are read once */
    ToolCallDiffs {
        pairs = ReadOnceList.of(pairs);
    }
}
