package io.runtape.archive;

import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A run of an archive that was not imported, or what is wrong with the archive. */
@Schema(
        name = "ImportProblem",
        description = "A run of the archive that was not imported.",
        requiredProperties = {"line", "runId", "kind", "reason"})
public record ImportProblem(
        @Schema(description = "The line at which that showed, counted from 1.", examples = "17")
        long line,

        @Schema(
                nullable = true,
                description = "The run; null where the line does not say which, and where it is of none.",
                examples = "run_019b76a0c5c17f3e8a0f52a3a3f7c9d1")
        @Nullable
        String runId,

        @Schema(
                description =
                        "`conflict`: the history has something else in its place. `refused`: the archive is damaged.",
                enumeration = {CONFLICT, REFUSED},
                examples = REFUSED)
        String kind,

        @Schema(description = "Why.", examples = "the frames have another digest than the run")
        String reason) {

    /** The kind of a run in whose place there is something else. */
    public static final String CONFLICT = "conflict";

    /** The kind of what is damaged. */
    public static final String REFUSED = "refused";
}
