package io.runtape.server.connection;

import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The targets of requests as they came. The server takes only URIs, but clients also send braces, quotes and UTF-8; and it ends a
 * parameter at a semicolon, which here is a part of its value, so that no call means less than it says. So the gateway
 * replaces such a target by the URI with the same meaning, and keeps the original in a header that no client can set.
 */
public final class RawTarget {

    /** The header with the target in Base64. The gateway never sends it on. */
    public static final String HEADER = "runtape-raw-target";

    /** The characters that a URI may have besides letters, digits and percent-encoding. */
    private static final String ALLOWED = "-._~!$&'()*+,;=:@/?";

    private static final String HEX = "0123456789ABCDEF";

    private RawTarget() {}

    /** The target of this request as it came, one character a byte. */
    public static String of(HttpServerRequest request) {
        String raw = request.getHeader(HEADER);
        return raw == null ? request.uri() : new String(Base64.getDecoder().decode(raw), StandardCharsets.ISO_8859_1);
    }

    /** The value of {@link #HEADER} for this target. */
    static String header(String target) {
        return Base64.getEncoder().encodeToString(target.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The URI with the same meaning as the target; null if the target is one itself. */
    static @Nullable String uri(String target) {
        int query = target.indexOf('?');
        int i = 0;
        while (i < target.length() && isAllowed(target, i, query)) {
            i++;
        }
        if (i == target.length()) {
            return null;
        }
        StringBuilder uri = new StringBuilder(target.length() + 16).append(target, 0, i);
        for (; i < target.length(); i++) {
            char c = target.charAt(i);
            if (isAllowed(target, i, query)) {
                uri.append(c);
            } else {
                uri.append('%').append(HEX.charAt(c >> 4 & 0xF)).append(HEX.charAt(c & 0xF));
            }
        }
        return uri.toString();
    }

    /** @param query where the query begins; -1 if there is none */
    private static boolean isAllowed(String target, int i, int query) {
        char c = target.charAt(i);
        if (c == ';') {
            return query < 0 || i < query;
        }
        if (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
            return true;
        }
        if (c == '%') {
            return i + 2 < target.length() && isHex(target.charAt(i + 1)) && isHex(target.charAt(i + 2));
        }
        // An IPv6 address, which only a target in absolute-form may have.
        boolean address = (c == '[' || c == ']') && target.charAt(0) != '/';
        return address || ALLOWED.indexOf(c) >= 0;
    }

    private static boolean isHex(char c) {
        return Character.digit(c, 16) >= 0;
    }
}
