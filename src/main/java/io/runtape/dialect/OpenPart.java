package io.runtape.dialect;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * A part of a transcript that may go on, with what it takes to find it again.
 *
 * @param part the part so far; a text without any characters only holds the place where the text will begin
 * @param open whether later events may still add to the part, or replace it
 * @param message the key of the message of a text or of reasoning, as its dialect has it; null if the dialect finds the
 *     part by its place
 * @param key the key of the part within that message; null for the same reason
 * @param arguments the JSON text of a call's arguments as far as it came in pieces; null once they have come whole
 */
public record OpenPart(
        Part part,
        boolean open,
        @Nullable String message,
        @Nullable String key,
        @Nullable String arguments) {

    /** The part as readers of a snapshot get it: with {@code open} where it is, and with its keys where it has any. */
    public ObjectNode json(ObjectMapper mapper) {
        ObjectNode json = mapper.valueToTree(part);
        if (open) {
            json.put("open", true);
        }
        if (message != null) {
            json.put("message", message).put("part", key);
        }
        if (arguments != null) {
            json.put("arguments", arguments);
        }
        return json;
    }

    /** A part that its dialect finds by its place. */
    public static OpenPart inPlace(Part part, boolean open) {
        return new OpenPart(part, open, null, null, null);
    }
}
