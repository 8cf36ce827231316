package io.runtape.server.response;

import java.util.List;

/**
 * The entity tag of a response that no longer changes by itself (RFC 9110, section 8.8.3). It is weak: the same
 * response goes out with gzip and without, which would need two strong tags (section 8.8.3.3).
 *
 * @param value the text between the quotation marks, without a comma
 */
public record ResponseTag(String value) {

    private static final String WEAK = "W/";

    /** The tag as a header value. */
    String header() {
        return WEAK + quoted();
    }

    private String quoted() {
        return '"' + value + '"';
    }

    /**
     * Whether a client that sends these values of {@code If-None-Match} has the response, by weak comparison (RFC 9110,
     * section 13.1.2). The framework's {@code evaluatePreconditions} of JAX-RS does not compare weakly.
     */
    boolean isAmong(List<String> ifNoneMatch) {
        String quoted = quoted();
        for (String header : ifNoneMatch) {
            if (header.strip().equals("*")) {
                return true;
            }
            for (String each : header.split(",")) {
                String tag = each.strip();
                if (quoted.equals(tag.startsWith(WEAK) ? tag.substring(WEAK.length()) : tag)) {
                    return true;
                }
            }
        }
        return false;
    }
}
