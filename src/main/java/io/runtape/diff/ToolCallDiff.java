package io.runtape.diff;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A tool call of two runs. */
@Schema(
        description = "A tool call of both runs, or of one of them.",
        requiredProperties = {"change", "name", "differs", "first", "second"})
record ToolCallDiff(
        @Schema(
                implementation = String.class,
                description = "`removed` if only the first run made it, `added` if only the second did.",
                enumeration = {"same", "changed", "removed", "added"},
                examples = "changed")
        ChangeKind change,

        @Schema(description = "The tool, empty if it is not named.", examples = "shell")
        String name,

        @Schema(description = "What has changed: `arguments`, `result` or both.", examples = "[\"arguments\"]")
        List<String> differs,

        @Schema(nullable = true, description = "The call of the first run.") @Nullable
        ToolCallSide first,

        @Schema(nullable = true, description = "The call of the second run.") @Nullable
        ToolCallSide second) {}
