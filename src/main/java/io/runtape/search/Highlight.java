package io.runtape.search;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A piece of text in which words of a search were found. */
@RegisterForReflection
@Schema(
        description = "A piece of text in which words of `q` were found.",
        requiredProperties = {"where", "runId", "sequence", "fragment", "matches"})
public record Highlight(
        @Schema(
                implementation = String.class,
                description = "Where the text stands.",
                enumeration = {"prompt", "result", "error", "text", "tool_call", "tool_result", "title"},
                examples = "result")
        Place where,

        @Schema(
                nullable = true,
                description = "The run; null of a thread's title.",
                examples = "run_019b76a0c5c17f3e8a0f52a3a3f7c9d1")
        @Nullable
        String runId,

        @Schema(
                nullable = true,
                description = "The event of the run with which the text began; null of what no event brought, and where"
                        + " it is not known.",
                examples = "7")
        @Nullable
        Long sequence,

        @Schema(
                description = "A piece of the text around the first words found.",
                examples = "The test suite is green.")
        String fragment,

        @Schema(
                description = "What was found in the fragment: pairs of a begin and an end, in UTF-16 units as"
                        + " JavaScript counts them.",
                examples = "[[4,8]]")
        List<List<Integer>> matches) {}
