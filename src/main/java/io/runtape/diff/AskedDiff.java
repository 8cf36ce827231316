package io.runtape.diff;

import io.runtape.dialect.Role;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A message of two requests, or what a user said within two runs. */
@Schema(
        description = "A message of both requests, or of one of them; or what a user said while the runs went on.",
        requiredProperties = {"change", "role", "text"})
record AskedDiff(
        @Schema(
                implementation = String.class,
                description = "`removed` if only the first run has it, `added` if only the second has.",
                enumeration = {"same", "changed", "removed", "added"},
                examples = "changed")
        ChangeKind change,

        @Schema(
                implementation = String.class,
                description = "Who speaks.",
                enumeration = {"system", "user", "assistant", "tool"},
                examples = "user")
        Role role,

        @Schema(description = "What is said.") TextDiff text) {}
