package io.runtape.dialect;

/**
 * What a runtime says went wrong in a run.
 *
 * @param code its own word for it; {@code upstream_error} where it gives none
 * @param message its text; may be empty
 */
public record Failure(String code, String message) {
    static final String NO_CODE = "upstream_error";
}
