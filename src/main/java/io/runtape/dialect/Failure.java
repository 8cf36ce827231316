package io.runtape.dialect;

/**
 * A runtime's report of what went wrong in a run.
 *
 * @param code the runtime's own code; {@code upstream_error} if it gives none
 * @param message its text; may be empty
 */
public record Failure(String code, String message) {
    static final String NO_CODE = "upstream_error";
}
