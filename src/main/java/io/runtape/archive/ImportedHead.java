package io.runtape.archive;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.json.LeanTree;
import io.runtape.upstream.AgentConnections;
import io.runtape.upstream.ContentLength;
import io.runtape.upstream.ForwardedHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The head of the response to an imported run.
 *
 * @param status its status
 * @param headers its headers, a JSON list of name and value pairs
 * @param offsetMicros when it came, in microseconds after the call; null if that is not known
 */
record ImportedHead(
        @Nullable Integer status,
        @Nullable String headers,
        @Nullable Long offsetMicros) {

    /** A token, RFC 9110 section 5.6.2. */
    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    private static final Pattern VALUE = Pattern.compile("[\\t[^\\p{Cntrl}]]*");

    /** A gateway records none, so that no replay sets any. */
    private static final Set<String> NEVER = Set.of("set-cookie", "set-cookie2");

    /** As JSON, a header is up to twice as long as it came, and a very short one a little more. */
    private static final int HEADERS_CHARS_MAX = 3 * AgentConnections.HEADER_BYTES_MAX;

    private static final Set<Integer> BODILESS = Set.of(204, 304);

    /** No response came. */
    static final ImportedHead NONE = new ImportedHead(null, null, null);

    /** @throws DamagedRunException if the line has something else */
    static ImportedHead of(ArchiveLine line) {
        Long status = line.numberOrNull("status", 200, 999);
        String headers = line.jsonOrNull("headers", HEADERS_CHARS_MAX);
        if (headers != null) {
            check(headers);
        }
        return new ImportedHead(
                status == null ? null : status.intValue(),
                headers,
                line.numberOrNull("offsetUs", 0, IncomingFrames.OFFSET_MICROS_MAX));
    }

    private static void check(String headers) {
        @Nullable JsonNode pairs = LeanTree.read(headers, Set.of());
        if (pairs == null || !pairs.isArray()) {
            throw new DamagedRunException("headers must be a list of pairs");
        }
        for (JsonNode pair : pairs) {
            if (!pair.isArray()
                    || pair.size() != 2
                    || !pair.get(0).isTextual()
                    || !pair.get(1).isTextual()) {
                throw new DamagedRunException("headers must be a list of pairs, each a name and a value");
            }
            if (!NAME.matcher(pair.get(0).textValue()).matches()
                    || !VALUE.matcher(pair.get(1).textValue()).matches()) {
                throw new DamagedRunException(
                        "headers must be such as a response may have: a name is a token, and a value"
                                + " has no control characters");
            }
            if (NEVER.contains(pair.get(0).textValue().toLowerCase(Locale.ROOT))) {
                throw new DamagedRunException("headers must not set cookies");
            }
            if (ForwardedHeaders.isHopByHop(pair.get(0).textValue())) {
                throw new DamagedRunException("headers must not have "
                        + pair.get(0).textValue() + ", which is of one connection and never recorded");
            }
        }
    }

    /**
     * Checks that a body of this length can follow the head: otherwise a replay would not end where its head says, and bytes of it
     * would pass for the next response on the connection.
     *
     * @param cut whether the response broke off, or may have
     * @throws DamagedRunException if it cannot
     */
    void requireBody(long bytes, boolean cut) {
        boolean bodiless = status != null && BODILESS.contains(status);
        if (bodiless && bytes > 0) {
            throw new DamagedRunException("a response with the status " + status + " has no body");
        }
        ContentLength length = ContentLength.of(pairs());
        // One without digits, such as a rule of redaction leaves it, is in no replay.
        if (!bodiless && !length.isUnknown() && !length.fits(bytes, cut)) {
            throw new DamagedRunException("headers must not have another Content-Length than the body, of " + bytes
                    + " bytes" + (cut ? " before it broke off" : ""));
        }
    }

    /** The {@code Content-Encoding} of the response, the first as for a gateway that records it; null if it has none. */
    @Nullable
    String contentEncoding() {
        return pairs().stream()
                .filter(header -> header.getKey().equalsIgnoreCase("Content-Encoding"))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    private List<Map.Entry<String, String>> pairs() {
        @Nullable JsonNode pairs = headers == null ? null : LeanTree.read(headers, Set.of());
        List<Map.Entry<String, String>> read = new ArrayList<>();
        if (pairs != null) {
            pairs.forEach(pair ->
                    read.add(Map.entry(pair.get(0).textValue(), pair.get(1).textValue())));
        }
        return read;
    }
}
