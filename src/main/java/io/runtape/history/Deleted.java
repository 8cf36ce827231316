package io.runtape.history;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What a deletion by filter came to. */
@Schema(
        name = "Deleted",
        description = "What a deletion by filter came to.",
        requiredProperties = {"count", "running"})
public record Deleted(
        @Schema(description = "How many are deleted; with `dryRun=true`, how many the filter selects.", examples = "12")
        long count,

        @Schema(
                description =
                        "Of these, how many go on, or have a run that does: nothing is deleted as long as there is one.",
                examples = "0")
        long running) {}
