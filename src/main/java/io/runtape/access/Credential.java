package io.runtape.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
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
     * The credential in a header, or null where it has none. Of {@code Authorization} the scheme Bearer does not count, so
     * that a key is the same in whichever header. Another scheme does, whatever its case.
     */
    static @Nullable Credential of(String header, String text) {
        String value = text.strip();
        if (header.equalsIgnoreCase("Authorization")) {
            value = withoutBearer(value);
        }
        return value.isEmpty() ? null : new Credential(value);
    }

    byte[] bytes() {
        return value.getBytes(StandardCharsets.UTF_8);
    }

    /** Whether both are one credential; takes as long whether or not they begin alike. */
    boolean isSameAs(Credential other) {
        return MessageDigest.isEqual(bytes(), other.bytes());
    }

    private static String withoutBearer(String authorization) {
        String[] parts = authorization.split("\\s+", 2);
        String scheme = parts[0].toLowerCase(Locale.ROOT);
        if (parts.length < 2) {
            return scheme.equals(BEARER) ? "" : authorization;
        }
        return scheme.equals(BEARER) ? parts[1] : scheme + ' ' + parts[1];
    }

    @Override
    public String toString() {
        return "Credential[hidden]";
    }
}
