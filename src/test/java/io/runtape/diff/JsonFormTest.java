package io.runtape.diff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.json.LeanTree;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonFormTest {

    @Test
    void isTheSameHoweverMembersAreOrderedAndNumbersAreWritten() {
        JsonNode one = read("{\"a\":0.70,\"b\":[1e3,1e400]}");
        JsonNode other = read("{\"b\":[1000.0,1e400],\"a\":0.7}");

        assertEquals(JsonForm.of(one), JsonForm.of(other));
        assertEquals(JsonForm.of(LeanTree.compact(one)), JsonForm.of(other));
        assertNotEquals(JsonForm.of(one), JsonForm.of(read("{\"a\":0.71,\"b\":[1e3,1e400]}")));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1.0",
        "1e3, 1000",
        "0, -0.0",
        "0.1, 1.00e-1",
        "9007199254740992, 9007199254740992.0",
        "1e400, 10e399",
    })
    void isTheSameForEqualNumbers(String one, String other) {
        assertEquals(JsonForm.of(read("[" + one + "]")), JsonForm.of(read("[" + other + "]")));
    }

    /** No number type tells all of them apart. */
    @ParameterizedTest
    @CsvSource({
        "0.1, 0.10000000000000000001",
        "9007199254740992.0, 9007199254740993.0",
        "1764083099.724404123, 1764083099.724404124",
        "1e400, 1e401",
        "1e-400, 0"
    })
    void tellsNumbersApartByAllOfTheirDigits(String one, String other) {
        assertNotEquals(JsonForm.of(read("[" + one + "]")), JsonForm.of(read("[" + other + "]")));
    }

    @Test
    void isNotTheSameForObjectsThatDifferBehindVeryManyMembers() {
        String many =
                IntStream.range(0, 30_000).mapToObj(i -> "\"k" + i + "\":1,").collect(Collectors.joining());
        JsonNode one = Objects.requireNonNull(LeanTree.compact("{" + many + "\"last\":1}"));
        JsonNode other = Objects.requireNonNull(LeanTree.compact("{" + many + "\"last\":2}"));

        assertFalse(JsonForm.of(one).equals(JsonForm.of(other)));
    }

    private static JsonNode read(String json) {
        return Objects.requireNonNull(LeanTree.read(json, Set.of()));
    }
}
