package io.runtape.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.json.LeanTree;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class JsonFormTest {

    @Test
    void isTheSameHoweverMembersAreOrderedAndNumbersAreWritten() {
        JsonNode one = read("{\"a\":0.70,\"b\":[1e3,1e400]}");
        JsonNode other = read("{\"b\":[1000.0,1e400],\"a\":0.7}");

        assertEquals(JsonForm.of(one), JsonForm.of(other));
        assertEquals(JsonForm.of(LeanTree.compact(one)), JsonForm.of(other));
        assertNotEquals(JsonForm.of(one), JsonForm.of(read("{\"a\":0.71,\"b\":[1e3,1e400]}")));
    }

    private static JsonNode read(String json) {
        return Objects.requireNonNull(LeanTree.read(json, Set.of()));
    }
}
