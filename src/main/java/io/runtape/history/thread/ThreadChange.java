package io.runtape.history.thread;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.error.ApiException;
import io.runtape.history.JsonBody;
import io.runtape.run.ThreadTitle;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A caller's change of a thread.
 *
 * @param titled whether the title changes
 * @param title the new title; null removes it, and the first prompt is the title again
 * @param archived whether the thread is archived from now on; null changes nothing
 */
record ThreadChange(
        boolean titled, @Nullable String title, @Nullable Boolean archived) {

    /**
     * Reads the body of a request.
     *
     * @throws ApiException 400 if it is anything but {@code {"title","archived"}}
     */
    static ThreadChange read(byte[] body) {
        JsonNode given = JsonBody.object(body, "The body must be a JSON object with title, archived, or both.");
        boolean titled = false;
        String title = null;
        Boolean archived = null;
        for (Iterator<Map.Entry<String, JsonNode>> fields = given.fields(); fields.hasNext(); ) {
            Map.Entry<String, JsonNode> field = fields.next();
            switch (field.getKey()) {
                case "title" -> {
                    titled = true;
                    title = title(field.getValue());
                }
                case "archived" -> archived = archived(field.getValue());
                default -> throw ApiException.invalid("Of a thread, only title and archived can be changed.");
            }
        }
        return new ThreadChange(titled, title, archived);
    }

    private static @Nullable String title(JsonNode value) {
        if (value.isNull()) {
            return null;
        }
        String title = value.isTextual() ? value.textValue() : null;
        if (title == null
                || title.codePointCount(0, title.length()) > ThreadTitle.GIVEN_CHARS_MAX
                || !isStorable(title)) {
            throw ApiException.invalid("title must be null, or a string of at most " + ThreadTitle.GIVEN_CHARS_MAX
                    + " characters, without U+0000 and half surrogate pairs.");
        }
        return title;
    }

    /** Whether a database can store this text and return it unchanged. */
    private static boolean isStorable(String text) {
        return text.codePoints().noneMatch(c -> c == 0 || c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }

    private static Boolean archived(JsonNode value) {
        if (!value.isBoolean()) {
            throw ApiException.invalid("archived must be true or false.");
        }
        return value.booleanValue();
    }
}
