package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/** Reads JSON of any shape. */
public final class Json {

    private Json() {}

    /** The string at a JSON pointer; empty if it is missing, or an empty string. */
    public static Optional<String> text(JsonNode node, String pointer) {
        JsonNode value = node.at(pointer);
        return value.isTextual() && !value.textValue().isEmpty() ? Optional.of(value.textValue()) : Optional.empty();
    }

    /** Whether the value is present and not null. */
    public static boolean isGiven(JsonNode value) {
        return !value.isMissingNode() && !value.isNull();
    }

    /** The joined texts of a list of parts; parts without a {@code text} add nothing. Empty if the value is no list. */
    public static String joinedTexts(JsonNode parts) {
        StringBuilder joined = new StringBuilder();
        if (parts.isArray()) {
            for (JsonNode part : parts) {
                if (part.isTextual()) {
                    joined.append(part.textValue());
                } else if (part.path("text").isTextual()) {
                    joined.append(part.path("text").textValue());
                }
            }
        }
        return joined.toString();
    }
}
