package io.runtape.diff;

import io.runtape.server.memory.ReadOnceList;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** How one text becomes another. */
@Schema(
        description =
                "Two texts in pieces. The pieces that are `equal` or `delete` make up the first text, those that are"
                        + " `equal` or `insert` the second.",
        requiredProperties = {"equal", "tooLong", "operations"})
record TextDiff(
        @Schema(description = "Whether they are the same.", examples = "false")
        boolean equal,

        @Schema(
                description = "Whether they were too long to look for what they have in common between their first and"
                        + " their last difference: all of that is then one piece of each.",
                examples = "false")
        boolean tooLong,

        @Schema(description = "The pieces in their order; none where both texts are empty.")
        List<TextOperation> operations) {

    /** @param operations are read once */
    TextDiff {
        operations = ReadOnceList.of(operations);
    }
}
