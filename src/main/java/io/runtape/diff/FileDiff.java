package io.runtape.diff;

import io.runtape.dialect.Part;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A file of two runs. */
@Schema(
        description = "A file of both runs, or of one of them.",
        requiredProperties = {"change", "first", "second"})
record FileDiff(
        @Schema(
                implementation = String.class,
                description = "`removed` if only the first run has it, `added` if only the second has.",
                enumeration = {"same", "changed", "removed", "added"},
                examples = "same")
        ChangeKind change,

        @Schema(nullable = true, description = "The file in the first run.") @Nullable
        FileSide first,

        @Schema(nullable = true, description = "The file in the second run.") @Nullable
        FileSide second) {

    /** A file of one run. */
    @Schema(
            name = "FileSide",
            description = "A file of one run. What is not known is null.",
            requiredProperties = {"path", "action", "diff", "url"})
    record FileSide(
            @Schema(nullable = true, description = "Its path; null for an address.", examples = "src/main.py") @Nullable
            String path,

            @Schema(nullable = true, description = "For example created.", examples = "created") @Nullable
            String action,

            @Schema(nullable = true, description = "What was changed in it.") @Nullable
            String diff,

            @Schema(nullable = true, description = "The address; null for a file.") @Nullable
            String url) {

        static FileSide of(Part.FilePart file) {
            return new FileSide(file.path(), file.action(), file.diff(), file.url());
        }

        /** The path or the address. */
        String name() {
            String name = path == null ? url : path;
            return name == null ? "" : name;
        }
    }
}
