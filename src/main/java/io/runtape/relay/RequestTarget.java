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
 * The target of a request (RFC 9112, section 3.2): its path as it came, and as all its spellings are written.
 *
 * <p>Only path and query go to the agent API: what else a target may hold would otherwise be glued to the agent API's origin
 * and choose another host. Two servers that read a path differently are a way around whatever the first one decides by it:
 * a call could reach a recorded path unrecorded, or leave {@code /v1}. So what servers are known to read in more than one way
 * is refused.
 *
 * @param path as it came, one character a byte
 * @param query the same; null where there is none
 * @param normalised the path with unreserved characters as they are and all others in percent-encoding (RFC 3986, section
 *     6.2.2); case and a slash at the end are kept
 */
public record RequestTarget(String path, @Nullable String query, String normalised) {

    private static final Pattern DOT_SEGMENT = Pattern.compile("/\\.\\.?(/|$)");

    /** What a path may hold beside letters and digits, without what is encoded here so that one path has one spelling. */
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
     * Reads it.
     *
     * @param target the second word of the request line, or {@code :path}; one character a byte
     * @throws ApiException 400, saying why, where it is no path or one that is read in more than one way
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
     * Path and query as they go out: the bytes that came. Text, because that is what HTTP clients take, and they write it as
     * UTF-8; bytes that are none go out in percent-encoding.
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
