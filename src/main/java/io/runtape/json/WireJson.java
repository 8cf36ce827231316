package io.runtape.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.util.RawValue;

/** JSON text that can be written to the wire as it stands. */
final class WireJson {

    private WireJson() {}

    /**
     * The text of a value as a node that prints as that text. Halves of surrogate pairs become escapes: a text may have
     * them as characters once it was decoded, but UTF-8 cannot have them, and a writer of bytes refuses such a text. JSON
     * has them nowhere but in strings.
     */
    static JsonNode node(String json) {
        return JsonNodeFactory.instance.rawValueNode(new RawValue(escaped(json)));
    }

    private static String escaped(String json) {
        StringBuilder escaped = new StringBuilder();
        int written = 0;
        int at = 0;
        while (at < json.length()) {
            int c = json.codePointAt(at);
            int next = at + Character.charCount(c);
            if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
                escaped.append(json, written, at).append("\\u").append(Integer.toHexString(c));
                written = next;
            }
            at = next;
        }
        return written == 0
                ? json
                : escaped.append(json, written, json.length()).toString();
    }
}
