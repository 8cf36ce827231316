package io.runtape.archive;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What became of the runs of an archive. */
@Schema(
        name = "ImportSummary",
        description = "What became of the runs of an archive.",
        requiredProperties = {"imported", "skipped", "conflicts", "refused", "complete", "problems"})
public record ImportSummary(
        @Schema(description = "Runs that were made.", examples = "12")
        long imported,

        @Schema(
                description =
                        "Runs that were there already, with the same digest; also those whose frames retention has"
                                + " deleted, which do not come back.",
                examples = "3")
        long skipped,

        @Schema(
                description = "Runs in whose place the history has something else, which stays as it is.",
                examples = "0")
        long conflicts,

        @Schema(description = "Runs that are damaged in the archive; nothing of them was stored.", examples = "0")
        long refused,

        @Schema(
                description =
                        "Whether the archive has its last line and, if it is compressed, came undamaged. Otherwise it may lack"
                                + " runs.")
        boolean complete,

        @Schema(
                description =
                        "The first 100 runs that were not imported, and why; and what is wrong with the compression"
                                + " of the archive.")
        List<ImportProblem> problems) {}
