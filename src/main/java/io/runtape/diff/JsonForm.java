package io.runtape.diff;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.runtape.json.LeanTree;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** JSON values in the form in which they are compared: the order of an object's members does not count. */
final class JsonForm {

    private static final ObjectWriter SORTED = JsonMapper.builder()
            .enable(JsonNodeFeature.WRITE_PROPERTIES_SORTED)
            .build()
            .writer()
            .withAttribute(LeanTree.NUMBERS_BY_VALUE, true);

    private JsonForm() {}

    /** A text that is the same for the same values; a value too large to be expanded as a whole is its own text. Empty for null. */
    static String of(@Nullable JsonNode value) {
        if (value == null) {
            return "";
        }
        try {
            if (!value.isPojo()) {
                return SORTED.writeValueAsString(value);
            }
            // Often not a tree but JSON that is already text.
            LeanTree.Reading read = LeanTree.reading(value.toString(), Set.of());
            return read == null || read.truncated() ? value.toString() : SORTED.writeValueAsString(read.root());
        } catch (JsonProcessingException e) {
            return value.toString();
        }
    }
}
