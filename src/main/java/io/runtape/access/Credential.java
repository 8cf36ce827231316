package io.runtape.access;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a caller proves itself with, for as long as its request is looked at. It has no string form, so that it cannot end up
 * in a log.
 */
final class Credential {
    private static final String BEARER = "bearer";

    private final String value;

    private Credential(String value) {
        this.value = value;
    }

    /**
     * The credential in a request's headers, or null where there is none. {@code X-API-Key} wins. An {@code Authorization}
     * of another scheme than Bearer counts as a whole, so that its caller has a history of its own too.
     */
    static @Nullable Credential in(@Nullable String apiKey, @Nullable String authorization) {
        String value = stripped(apiKey);
        if (value.isEmpty()) {
            value = withoutBearer(stripped(authorization));
        }
        return value.isEmpty() ? null : new Credential(value);
    }

    byte[] bytes() {
        return value.getBytes(StandardCharsets.UTF_8);
    }

    private static String stripped(@Nullable String header) {
        return header == null ? "" : header.strip();
    }

    private static String withoutBearer(String authorization) {
        if (!authorization.toLowerCase(Locale.ROOT).startsWith(BEARER)) {
            return authorization;
        }
        String rest = authorization.substring(BEARER.length());
        if (rest.isEmpty()) {
            return "";
        }
        return Character.isWhitespace(rest.charAt(0)) ? rest.strip() : authorization;
    }

    @Override
    public String toString() {
        return "Credential[hidden]";
    }
}
