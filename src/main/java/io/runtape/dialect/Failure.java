package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * A run's failure, as the agent API reports it.
 *
 * @param code the agent API's own code; {@link #NO_CODE} if it gives none
 * @param message the agent API's text; may be empty
 */
public record Failure(String code, String message) {

    /** The code of a failure without a code of its own. */
    public static final String NO_CODE = "upstream_error";

    /** Where errors have their text, also those of frameworks and of what stands in front of an agent API. */
    private static final String[] MESSAGES = {"message", "detail", "error_description", "title"};

    /** The failure in the body of an error response; without a message if the body has none that is understood. */
    public static Failure inBody(String body) {
        Failure told = inBody(Payload.parsed(body));
        return told == null ? new Failure(NO_CODE, "") : told;
    }

    /** The same; null if nothing of the body is understood. */
    public static @Nullable Failure inBody(JsonNode body) {
        JsonNode json = only(body);
        if (!json.isObject()) {
            return null;
        }
        JsonNode error = json.path("error");
        if (error.isObject()) {
            return of(error);
        }
        Failure told = of(of(json).code(), error.isTextual() ? error.textValue() : "", json);
        return told.message().isEmpty() && told.code().equals(NO_CODE) ? null : told;
    }

    /** The one element of a list, or what is no list: Gemini has a list of one error for OpenAI's clients. */
    static JsonNode only(JsonNode body) {
        return body.isArray() && body.size() == 1 ? body.path(0) : body;
    }

    /**
     * The failure of an error that is a text.
     *
     * @param code {@link #NO_CODE} if there is none
     * @param beside the object that has the error, and maybe a message
     */
    public static Failure of(String code, String error, JsonNode beside) {
        String message = message(beside);
        if (message.isEmpty() || error.isBlank()) {
            return new Failure(code, message.isEmpty() ? error : message);
        }
        if (error.indexOf(' ') < 0) {
            // As in OAuth.
            return new Failure(code.equals(NO_CODE) ? error : code, message);
        }
        // Beside a status it only says what that means.
        boolean isStatus =
                beside.path("status").isInt() || beside.path("statusCode").isInt();
        return new Failure(code, isStatus ? message : message + ": " + error);
    }

    private static String message(JsonNode body) {
        for (String name : MESSAGES) {
            StringJoiner lines = new StringJoiner("\n");
            JsonNode told = body.path(name);
            for (JsonNode one : told.isArray() ? told : List.of(told)) {
                // Each of FastAPI's complaints has its text there.
                String line = Payload.textOfAny(one.has("msg") ? one.path("msg") : one);
                if (!line.isBlank()) {
                    lines.add(line);
                }
            }
            if (lines.length() > 0) {
                return lines.toString();
            }
        }
        return "";
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
        // An event of the type "error" may itself be the error: then its type says nothing. Nor does RFC 9457's
        // default.
        return new Failure(
                named.isEmpty() || named.equals("error") || named.equals("about:blank") ? NO_CODE : named,
                error.path("message").asText(""));
    }
}
