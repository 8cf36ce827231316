package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A run's failure, as the agent API reports it.
 *
 * @param code the agent API's own code; {@link #NO_CODE} if it gives none
 * @param message the agent API's text; may be empty
 */
public record Failure(String code, String message) {

    /** The code of a failure without a code of its own. */
    public static final String NO_CODE = "upstream_error";

    /** The failure in the body of an error response; without a message if the body has none that is understood. */
    public static Failure inBody(String body) {
        JsonNode json = Payload.parsed(body);
        if (!json.isObject()) {
            return new Failure(NO_CODE, "");
        }
        return of(json.has("error") && !json.path("error").isBoolean() ? json.path("error") : json);
    }

    /**
     * The failure in a JSON value: a text, or an object with a {@code message} and with a {@code code} or a {@code
     * type}.
     */
    public static Failure of(JsonNode error) {
        if (error.isTextual()) {
            return new Failure(NO_CODE, error.textValue());
        }
        JsonNode code = error.path("code");
        if (!code.isValueNode() || code.isNull() || code.asText("").isEmpty()) {
            code = error.path("type");
        }
        String named = code.isValueNode() && !code.isNull() ? code.asText() : "";
        // An event of the type "error" may itself be the error: then its type says nothing.
        return new Failure(
                named.isEmpty() || named.equals("error") ? NO_CODE : named,
                error.path("message").asText(""));
    }
}
