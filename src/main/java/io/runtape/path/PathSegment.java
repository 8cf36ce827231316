package io.runtape.path;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** A segment of a path, percent-encoded as RFC 3986, section 2.1, says. */
public final class PathSegment {

    private PathSegment() {}

    /** What an encoded segment says; the segment as it is if its encoding is faulty. */
    public static String decoded(String segment) {
        try {
            // A plus sign in a path is itself.
            return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException noEncoding) {
            return segment;
        }
    }

    /** The text as one segment, whatever it holds: an agent API may use any id. */
    public static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
