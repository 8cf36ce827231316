package io.runtape.diff;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A piece of two texts. */
@Schema(
        description = "A piece of two texts: in both, only in the first one, or only in the second one.",
        requiredProperties = {"kind", "text"})
record TextOperation(
        @Schema(
                implementation = String.class,
                description =
                        "Where it is: in both, in the first text only (`delete`), or in the second one only (`insert`).",
                enumeration = {"equal", "delete", "insert"},
                examples = "equal")
        Kind kind,

        @Schema(description = "The piece, which is never empty.", examples = "The test suite is ")
        String text) {

    /** Which of the texts have the piece. */
    enum Kind {
        EQUAL,
        DELETE,
        INSERT;

        /** The lower-case name, as in JSON. */
        @JsonValue
        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
