package io.runtape.diff;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Two runs side by side. */
@Schema(
        description = "Two runs side by side.",
        requiredProperties = {"equal", "runs", "request", "text", "reasoning", "toolCalls", "files", "usage", "time"})
record RunDiff(
        @Schema(
                description =
                        "Whether both were asked, said and did the same, and came to the same end. Usage, time and what"
                                + " was too long in their answers do not count.",
                examples = "false")
        boolean equal,

        @Schema(description = "The two runs: the one that the path names, then the one that `with` names.")
        List<ComparedRun> runs,

        @Schema(description = "What they were asked.") RequestDiff request,

        @Schema(description = "What they answered: all texts of the agent, with an empty line between two of them.")
        TextDiff text,

        @Schema(nullable = true, description = "The model's reasoning, in the same form; null if neither run has any.")
        @Nullable
        TextDiff reasoning,

        @Schema(description = "The tools that they called.") ToolCallDiffs toolCalls,

        @Schema(description = "The files and addresses that they brought.")
        FileDiffs files,

        @Schema(description = "The tokens that they took.") UsageDiff usage,

        @Schema(description = "The time that they took.") TimeDiff time) {}
