package io.runtape.upstream;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What the headers of a recorded response say of the length of its body (RFC 9110, section 8.6). A record may have been changed by
 * hand, or by a rule of redaction.
 *
 * @param values of each such header; empty where they say nothing
 */
public record ContentLength(List<String> values) {

    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

    public static ContentLength of(List<Map.Entry<String, String>> headers) {
        return new ContentLength(headers.stream()
                .filter(header -> header.getKey().equalsIgnoreCase("Content-Length"))
                .map(header -> header.getValue().strip())
                .toList());
    }

    /** Whether none of them is a number. */
    public boolean isUnknown() {
        return values.stream().noneMatch(value -> NUMBER.matcher(value).matches());
    }

    /**
     * Whether a body of this length ends where they say: they are one number, and it is this one.
     *
     * @param cut whether the response broke off, or may have, so that more bytes may have been announced
     */
    public boolean fits(long bytes, boolean cut) {
        if (values.size() != 1 || isUnknown()) {
            return false;
        }
        long told = Long.parseLong(values.get(0));
        return told == bytes || cut && told > bytes;
    }
}
