package io.runtape.diff;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.dialect.Part;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A tool call of one run. */
@Schema(
        description = "A tool call of one run. What is not known is null.",
        requiredProperties = {"sequence", "arguments", "result", "startedMs", "durationMs"})
record ToolCallSide(
        @Schema(nullable = true, description = "The frame that the call began with.", examples = "7") @Nullable
        Long sequence,

        @Schema(nullable = true, implementation = Object.class, description = "The arguments, any JSON.") @Nullable
        JsonNode arguments,

        @Schema(nullable = true, description = "The result; null if none came.") @Nullable
        Result result,

        @Schema(
                nullable = true,
                description =
                        "Milliseconds from the run's beginning to the call. Not known once the frames are deleted.",
                examples = "812")
        @Nullable
        Long startedMs,

        @Schema(nullable = true, description = "Milliseconds from the call to its result.", examples = "230") @Nullable
        Long durationMs) {

    /** What a tool returned. */
    @Schema(
            name = "ToolCallResult",
            description = "What a tool returned.",
            requiredProperties = {"output", "exitCode", "failed", "partial"})
    record Result(
            @Schema(nullable = true, implementation = Object.class, description = "The output, any JSON.") @Nullable
            JsonNode output,

            @Schema(nullable = true, description = "The exit code of a command.", examples = "0") @Nullable
            Integer exitCode,

            @Schema(description = "Whether the tool failed.", examples = "false")
            boolean failed,

            @Schema(
                    description = "Whether the output was gathered from streamed pieces, because no result followed.",
                    examples = "false")
            boolean partial) {

        static @Nullable Result of(Part.@Nullable ToolResult result) {
            return result == null
                    ? null
                    : new Result(result.output(), result.exitCode(), result.failed(), result.partial());
        }
    }
}
