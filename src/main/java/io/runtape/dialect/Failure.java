package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What an agent API says went wrong in a run.
 *
 * @param code its own word for it; {@link #NO_CODE} where it gives none
 * @param message its text; may be empty
 */
public record Failure(String code, String message) {

    /** The code of a failure that has none. */
    public static final String NO_CODE = "upstream_error";

    /** The failure in a JSON value: an object with a {@code message}, and a {@code code} or a {@code type}, or a text. */
    public static Failure of(JsonNode error) {
        if (error.isTextual()) {
            return new Failure(NO_CODE, error.textValue());
        }
        JsonNode code = error.path("code");
        if (!code.isValueNode() || code.isNull() || code.asText("").isEmpty()) {
            code = error.path("type");
        }
        String named = code.isValueNode() && !code.isNull() ? code.asText() : "";
        // An event of the type "error" may be the error itself: its type says nothing then.
        return new Failure(
                named.isEmpty() || named.equals("error") ? NO_CODE : named,
                error.path("message").asText(""));
    }
}
