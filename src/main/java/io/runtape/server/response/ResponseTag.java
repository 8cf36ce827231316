package io.runtape.server.response;

import java.util.List;

/**
 * The entity tag of a response that changes no more by itself (RFC 9110, section 8.8.3). It is weak: the same response goes out in
 * gzip and as it is, and would need two strong ones (section 8.8.3.3).
 *
 * @param value what stands between the quotation marks; no comma is in it
 */
public record ResponseTag(String value) {

    private static final String WEAK = "W/";

    /** As a header. */
    String header() {
        return WEAK + quoted();
    }

    private String quoted() {
        return '"' + value + '"';
    }

    /**
     * Whether a client that sends these values of {@code If-None-Match} has the response: by weak comparison (RFC 9110, section
     * 13.1.2), which JAX-RS' {@code evaluatePreconditions} of this framework does not do.
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
