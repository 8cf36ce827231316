package io.runtape.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeanTreeTest {

    private static final ObjectMapper WHOLE = new ObjectMapper();
    private static final String MANY = "[" + "{},".repeat(100_000) + "{ }]";
    private static final String LONG = "\"" + "x".repeat(100_000) + "\"";

    private static JsonNode read(String json) {
        JsonNode read = LeanTree.read(json, Set.of("payload", "data"));
        assertNotNull(read);
        return read;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":1,\"b\":[true,false,null,1.5,-7,3000000000,123456789012345678901,{\"c\":\"é\\u0000\"}],\"a\":2,\"l\":%s}",
                "[1,{\"a\":%s},[[]]]",
                "%s",
                "{\"payload\":{\"result\":[1,2],\"l\":%s},\"data\":7}"
            })
    void longTextsOfFewValuesAreReadAsAllAre(String json) throws Exception {
        String text = json.formatted(LONG);

        assertEquals(WHOLE.readTree(text).toString(), read(text).toString());
    }

    @Test
    void aMemberOfManyValuesStaysText() {
        JsonNode read = read("{\"before\":[1], \"many\": " + MANY + " ,\"after\":{\"a\":\"b\"}}");

        assertEquals("[1]", read.path("before").toString());
        assertTrue(read.path("many").isPojo());
        assertFalse(read.path("many").isContainerNode());
        assertEquals(MANY, read.path("many").toString());
        assertEquals("b", read.path("after").path("a").textValue());
    }

    @Test
    void theMembersOfAWrapperAreReadOneByOne() {
        JsonNode read = read("{\"payload\":{\"status\":\"failed\",\"result\":" + MANY + ",\"usage\":{\"n\":1}}}");

        assertEquals("failed", read.path("payload").path("status").textValue());
        assertEquals(MANY, read.path("payload").path("result").toString());
        assertEquals(1, read.path("payload").path("usage").path("n").intValue());
    }

    @Test
    void aListOfManyValuesStaysText() {
        assertEquals(MANY, read(MANY).toString());
    }

    @Test
    void theElementsOfAListThatStayedTextAreReadOneByOne() throws Exception {
        String item = "{\"a\":[" + "1,".repeat(400) + "2.5],\"b\":\"]}\"}";
        String json = "{\"many\":[" + (item + " , ").repeat(200) + "7,\"x\",null,[],{\"l\":" + MANY + "}]}";

        List<JsonNode> elements = all(LeanTree.elements(read(json).path("many")));

        assertEquals(205, elements.size());
        assertEquals(item, elements.get(199).toString());
        assertEquals(
                WHOLE.readTree("[7,\"x\",null,[]]").toString(),
                elements.subList(200, 204).toString().replace(" ", ""));
        assertEquals(MANY, elements.get(204).path("l").toString());
    }

    @Test
    void theElementsOfAnotherValueAreItsOwn() {
        assertEquals(2, all(LeanTree.elements(read("[1,2]"))).size());
        assertEquals(
                List.of(),
                all(LeanTree.elements(read("{\"many\":{\"a\":" + MANY + "}}").path("many"))));
        assertEquals(List.of(), all(LeanTree.elements(read("{}").path("many"))));
    }

    private static List<JsonNode> all(Iterable<JsonNode> nodes) {
        List<JsonNode> all = new ArrayList<>();
        nodes.forEach(all::add);
        return all;
    }

    @Test
    void ofManyMembersTheFirstAreRead() {
        StringBuilder json = new StringBuilder("{\"status\":\"ok\"");
        for (int i = 0; i < 100_000; i++) {
            json.append(",\"m").append(i).append("\":0");
        }

        String text = json.append('}').toString();
        LeanTree.Reading read = Objects.requireNonNull(LeanTree.reading(text, Set.of()));

        assertEquals("ok", read.root().path("status").textValue());
        assertTrue(read.root().size() <= 50_000);
        assertTrue(read.truncated());
        assertTrue(Objects.requireNonNull(LeanTree.reading("{\"data\":" + text + ",\"after\":1}", Set.of("data")))
                .truncated());
        assertFalse(Objects.requireNonNull(LeanTree.reading("{\"data\":" + text + ",\"after\":1}", Set.of()))
                .truncated());
        assertEquals(text, String.valueOf(LeanTree.compact(text)));
    }

    @Test
    void aCompactTextHasNoSpaceBetweenItsTokens() {
        assertEquals("{\"a\":[1,2.50]}", String.valueOf(LeanTree.compact("{ \"a\" : [ 1, 2.50 ] }")));
        assertEquals("7", String.valueOf(LeanTree.compact(" 7")));
        assertNull(LeanTree.compact("7 files"));
    }

    /** No number type holds all of them. */
    @Test
    void numbersKeepTheirText() {
        String numbers = "[1730000000.123,0.10,3.141592653589793238462643383279,1e400,1E99999999999,-0.0,1.5E-7,7]";

        assertEquals(numbers, read(numbers).toString());
        assertEquals(
                "{\"n\":" + numbers + ",\"l\":" + LONG + "}",
                read("{\"n\":" + numbers + ",\"l\":" + LONG + "}").toString());
        assertEquals("0.10", read("0.10").asText());
        assertEquals(0.1, read("0.10").doubleValue());
        assertTrue(read("0.10").isNumber());
        assertEquals("0.10", LeanTree.compact(read("0.10")).toString());
        for (String huge : List.of("1e400", "1E99999999999", "3000000000.5")) {
            assertFalse(read(huge).canConvertToInt(), huge);
        }
        assertTrue(read("3000000000.5").canConvertToLong());
        assertEquals(2, read("2.0").intValue());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"l\":%s", "{\"l\":%s}}", "[%s,]", "%s x", "{\"l\":%s,\"a\":\"\\x\"}", "nul%s"})
    void whatIsNoJsonIsNotRead(String json) {
        assertNull(LeanTree.read(json.formatted(LONG), Set.of()));
        assertNull(LeanTree.read(json.formatted("\"x\""), Set.of()));
    }
}
