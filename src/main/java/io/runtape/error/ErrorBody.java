package io.runtape.error;

import io.vertx.core.json.JsonObject;

/**
 * The envelope of every error of the gateway: {@code {"type":"error","error":{"type","code","message","requestId"}}}.
 * Anthropic's clients read the two types; {@code error.type} repeats the code.
 *
 * @param error what went wrong
 */
public record ErrorBody(Detail error) {
    /**
     * What went wrong.
     *
     * @param code the word to branch on, see {@link ErrorCode}
     * @param message one sentence or more for a person
     * @param requestId names the request in the log
     */
    public record Detail(String code, String message, String requestId) {}

    static ErrorBody of(ErrorCode code, String message, String requestId) {
        return new ErrorBody(new Detail(code.code(), message, requestId));
    }

    /** The envelope as JSON, with a line end behind it: a terminal shows its prompt on a line of its own. */
    String json() {
        JsonObject detail = new JsonObject()
                .put("type", error.code())
                .put("code", error.code())
                .put("message", error.message())
                .put("requestId", error.requestId());
        return new JsonObject().put("type", "error").put("error", detail).encode() + "\n";
    }
}
