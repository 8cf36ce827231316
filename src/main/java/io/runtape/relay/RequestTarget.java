package io.runtape.relay;

import io.runtape.error.ApiException;
import io.runtape.server.connection.RawTarget;
import io.vertx.core.http.HttpServerRequest;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The target of a request (RFC 9112, section 3.2): its path as it came, and in the form that all its spellings share.
 *
 * <p>Only path and query go to the agent API: other parts of a target could otherwise choose another host. If two
 * servers read a path differently, a caller can get around the decisions of the first one: a call could reach a
 * recorded path unrecorded, or another agent API than the one of its prefix. So targets that servers are known to read in more than one way are
 * refused.
 *
 * @param path the path as it came, one character for each byte
 * @param query the query in the same form; null if there is none
 * @param normalised the path with unreserved characters unencoded and all others percent-encoded (RFC 3986, section
 *     6.2.2); case and a slash at the end stay
 */
public record RequestTarget(String path, @Nullable String query, String normalised) {

    private static final Pattern DOT_SEGMENT = Pattern.compile("/\\.\\.?(/|$)");

    /** The characters besides letters and digits that stay unencoded, so that one path has one spelling. */
    private static final String PLAIN = "-._~!$&'()*+,=:@/";

    private static final String UNRESERVED_MARKS = "-._~";

    private static final String HEX = "0123456789ABCDEF";

    /**
     * The target of this request.
     *
     * @throws ApiException as {@link #of(String)}
     */
    public static RequestTarget of(HttpServerRequest request) {
        return of(RawTarget.of(request));
    }

    /**
     * Reads a target.
     *
     * @param target the second word of the request line, or {@code :path}; one character for each byte
     * @throws ApiException 400, with the reason, if it is not a path or can be read in more than one way
     */
    public static RequestTarget of(String target) {
        int begin = pathBegin(target);
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c <= ' ' || c == 0x7F) {
                throw refused("a space or a control character");
            }
            if (c == '#') {
                throw refused("a fragment ('#')");
            }
        }
        int end = target.indexOf('?', begin);
        String path = target.substring(begin, end < 0 ? target.length() : end);
        if (path.isEmpty()) {
            path = "/";
        }
        return new RequestTarget(path, end < 0 ? null : target.substring(end + 1), normalised(path));
    }

    private static int pathBegin(String target) {
        if (target.startsWith("/")) {
            return 0;
        }
        int authority = target.startsWith("http://") ? 7 : target.startsWith("https://") ? 8 : -1;
        if (authority < 0) {
            throw ApiException.invalid("The target of the request must be a path, such as /v1/run.");
        }
        int i = authority;
        while (i < target.length() && "/?#".indexOf(target.charAt(i)) < 0) {
            i++;
        }
        return i;
    }

    private static String normalised(String path) {
        StringBuilder to = new StringBuilder(path.length());
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '%') {
                int octet = octet(path, i);
                i += 2;
                if (isUnreserved(octet)) {
                    to.append((char) octet);
                } else {
                    encoded(octet, to);
                }
            } else if (c == ';') {
                throw refused("a semicolon, which some servers cut off with what follows it");
            } else if (c == '\\') {
                throw refused("a backslash, which some servers take for a slash");
            } else if (isLetterOrDigit(c) || PLAIN.indexOf(c) >= 0) {
                to.append(c);
            } else {
                percent(c, to);
            }
        }
        String normalised = to.toString();
        if (normalised.contains("//")) {
            throw refused("a doubled slash");
        }
        if (DOT_SEGMENT.matcher(normalised).find()) {
            throw refused("a dot segment ('.' or '..')");
        }
        return normalised;
    }

    private static int octet(String path, int at) {
        int high = at + 2 < path.length() ? Character.digit(path.charAt(at + 1), 16) : -1;
        int low = at + 2 < path.length() ? Character.digit(path.charAt(at + 2), 16) : -1;
        if (high < 0 || low < 0) {
            throw refused("a percent sign that no two hexadecimal digits follow");
        }
        return high << 4 | low;
    }

    private static void encoded(int octet, StringBuilder to) {
        switch (octet) {
            case '/' -> throw refused("an encoded slash");
            case '\\' -> throw refused("a backslash, which some servers take for a slash");
            case ';' -> throw refused("a semicolon, which some servers cut off with what follows it");
            default -> {
                if (octet < ' ' || octet == 0x7F) {
                    throw refused("an encoded control character");
                }
                percent(octet, to);
            }
        }
    }

    private static void percent(int octet, StringBuilder to) {
        to.append('%').append(HEX.charAt(octet >> 4 & 0xF)).append(HEX.charAt(octet & 0xF));
    }

    private static boolean isUnreserved(int octet) {
        return isLetterOrDigit(octet) || UNRESERVED_MARKS.indexOf(octet) >= 0;
    }

    private static boolean isLetterOrDigit(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }

    private static ApiException refused(String what) {
        return ApiException.invalid(
                "The target of the request has " + what + ". Servers read that in more than one way. Send it without.");
    }

    /**
     * Path and query to send: the bytes that came, as text, since HTTP clients take text and write it as UTF-8. Bytes
     * that are not UTF-8 go out percent-encoded.
     */
    public String originForm() {
        String bytes = query == null ? path : path + '?' + query;
        for (int i = 0; i < bytes.length(); i++) {
            if (bytes.charAt(i) > 0x7F) {
                return text(bytes.getBytes(StandardCharsets.ISO_8859_1));
            }
        }
        return bytes;
    }

    private static String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            StringBuilder ascii = new StringBuilder(bytes.length);
            for (byte b : bytes) {
                if (b < 0) {
                    percent(b & 0xFF, ascii);
                } else {
                    ascii.append((char) b);
                }
            }
            return ascii.toString();
        }
    }
}
