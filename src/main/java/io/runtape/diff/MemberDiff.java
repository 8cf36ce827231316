package io.runtape.diff;

import com.fasterxml.jackson.databind.JsonNode;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A member of two requests that differs. */
@Schema(
        description = "A member of the requests' JSON that differs.",
        requiredProperties = {"name", "change", "first", "second"})
record MemberDiff(
        @Schema(description = "Its name.", examples = "temperature")
        String name,

        @Schema(
                implementation = String.class,
                description = "`removed` if only the first request has it, `added` if only the second has.",
                enumeration = {"changed", "removed", "added"},
                examples = "changed")
        ChangeKind change,

        @Schema(
                nullable = true,
                implementation = Object.class,
                description = "Its value in the first request.",
                examples = "0")
        @Nullable
        JsonNode first,

        @Schema(
                nullable = true,
                implementation = Object.class,
                description = "Its value in the second request.",
                examples = "1")
        @Nullable
        JsonNode second) {}
