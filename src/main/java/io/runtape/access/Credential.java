package io.runtape.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A caller's credential, kept only while the gateway reads the request. It has no string form, so that it cannot end up
 * in a log.
 */
final class Credential {
    private static final String BEARER = "bearer";

    private final String value;

    private Credential(String value) {
        this.value = value;
    }

    /**
     * The credential in a header, or null if it has none. The scheme Bearer of {@code Authorization} does not count, so
     * that a key is the same in any header. Another scheme counts, in any case of its letters.
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

    /** Whether both are the same credential, compared in constant time. */
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
