package io.runtape.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** JSON values as people read them: arguments and results of tools, and results of runs. */
public final class JsonLines {

    /** A longer object stays on one line: it would be in memory once more as a tree. */
    private static final int LAID_OUT_MAX = 64 << 10;

    private JsonLines() {}

    /**
     * A string as its text, an object with a line for each member, and any other value on one line. What lies within the
     * members stays on their lines: laid out as well, a deeply nested value would grow by its square.
     */
    public static String of(@Nullable JsonNode value) {
        if (value == null || value.isNull()) {
            return "";
        }
        if (value.isTextual()) {
            return value.textValue();
        }
        // Often not a tree but JSON that is already text.
        String json = value.toString();
        if (!json.startsWith("{") || json.length() > LAID_OUT_MAX) {
            return json;
        }
        JsonNode object = Payload.parsed(json);
        if (!object.isObject() || object.isEmpty()) {
            return json;
        }
        StringJoiner lines = new StringJoiner(",\n", "{\n", "\n}");
        object.properties()
                .forEach(member -> lines.add("  " + TextNode.valueOf(member.getKey()) + ": " + member.getValue()));
        return lines.toString();
    }
}
