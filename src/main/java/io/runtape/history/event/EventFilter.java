package io.runtape.history.event;

import io.runtape.sse.FrameKind;
import jakarta.validation.constraints.Min;
import jakarta.ws.rs.DefaultValue;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.resteasy.reactive.RestQuery;

/**
 * Which frames to show, and how.
 *
 * @param types the types as they are stored; empty for all
 * @param kinds the kinds; empty for all
 * @param after the position to begin after; in descending order, to end after
 * @param include what is shown besides
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

    /** Types are stored up to this length. */
    private static final int TYPE_CHARS_MAX = 200;

    EventFilter {
        types = types.stream().map(EventFilter::stored).distinct().toList();
        kinds = kinds.stream().distinct().toList();
    }

    private static String stored(String type) {
        return type.length() <= TYPE_CHARS_MAX ? type : type.substring(0, TYPE_CHARS_MAX);
    }

    /** What a frame is shown with, where it is asked for. */
    enum Addition {
        /** Its bytes. */
        RAW
    }

    /** Whether each frame's bytes are shown too. */
    boolean raw() {
        return include.isPresent();
    }
}
