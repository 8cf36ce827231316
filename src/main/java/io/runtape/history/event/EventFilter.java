package io.runtape.history.event;

import io.runtape.sse.FrameKind;
import io.runtape.store.StorableText;
import jakarta.validation.constraints.Min;
import jakarta.ws.rs.DefaultValue;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * The frames to show, and how to show them.
 *
 * @param types the types as the database stores them; empty for all types
 * @param kinds the kinds; empty for all kinds
 * @param after the position to begin after; in descending order, the position to end after
 * @param include what to show in addition
 */
record EventFilter(
        @RestQuery("type")
        @Parameter(
                description = "Only events of this type. May be repeated.",
                example = "[\"tool_call\", \"tool_result\"]")
        List<String> types,

        @RestQuery("kind") @Parameter(ref = "Kind") List<FrameKind> kinds,

        @RestQuery("after")
        @DefaultValue("0")
        @Min(value = 0, message = "must be a sequence: a whole number from 0 on.")
        @Parameter(description = "The sequence to begin after; with `order=desc`, to end before.")
        long after,

        @RestQuery("include")
        @Parameter(
                description = "`raw` adds each frame's bytes in base64.",
                schema = @Schema(type = SchemaType.STRING, enumeration = "raw"))
        Optional<Addition> include) {

    /** The database stores types up to this length. */
    private static final int TYPE_CHARS_MAX = 200;

    EventFilter {
        types = types.stream()
                .map(type -> StorableText.of(type, TYPE_CHARS_MAX))
                .distinct()
                .toList();
        kinds = kinds.stream().distinct().toList();
    }

    /** What a caller can ask for in addition to a frame's usual fields. */
    enum Addition {
        /** The frame's bytes. */
        RAW
    }

    /** Whether to show each frame's bytes too. */
    boolean raw() {
        return include.isPresent();
    }
}
