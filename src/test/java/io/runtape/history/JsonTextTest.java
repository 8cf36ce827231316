package io.runtape.history;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTextTest {

    private static String written(String text) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        new JsonFormat().customize(mapper);
        return new String(mapper.writeValueAsBytes(new JsonText(text)), UTF_8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "null",
                "true",
                "-0",
                "1.50",
                "1e400",
                "123456789012345678901234567890",
                "0.1000000000000000055511151231257827021181583404541015625",
                "\"text\"",
                "\"\"",
                "\"a\\\"b\"",
                "{\"a\":1,\"a\":2}",
                "{\"a\":[{\"b\":null}],\"\":false}",
                "\"\\uD800\""
            })
    void writesJsonAsItIs(String json) throws Exception {
        assertEquals(json, written(json));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "hello|\"hello\"",
                "[DONE]|\"[DONE]\"",
                "``|\"\"",
                "` `|\" \"",
                "\"|\"\\\"\"",
                "\"a\"b\"|\"\\\"a\\\"b\\\"\"",
                "\"a\\\"|\"\\\"a\\\\\\\"\"",
                "{} {}|\"{} {}\"",
                "42 files|\"42 files\"",
                "{\"a\":|\"{\\\"a\\\":\"",
                "{\"a\":\"\\x\"}|\"{\\\"a\\\":\\\"\\\\x\\\"}\"",
                "NaN|\"NaN\"",
                "{'a':1}|\"{'a':1}\"",
                "01|\"01\""
            })
    void writesAnythingElseAsAString(String text, String json) throws Exception {
        assertEquals(json, written(text));
    }

    @Test
    void fitsOnALine() throws Exception {
        assertEquals("{\"a\":[1,2]}", written("{\n \"a\" : [\r\n1,\n2 ]\n}"));
    }

    @Test
    void takesDeepNestingForText() throws Exception {
        assertEquals("[".repeat(900) + "]".repeat(900), written("[".repeat(900) + "]".repeat(900)));
        String deeper = "[".repeat(901) + "]".repeat(901);
        assertEquals("\"" + deeper + "\"", written(deeper));
        String deepest = "[".repeat(100_000);
        assertEquals("\"" + deepest + "\"", written(deepest));
    }

    @Test
    void standsWithinAResponse() throws Exception {
        assertEquals(
                "{\"payload\":{\"a\":1}}",
                new ObjectMapper().writeValueAsString(Map.of("payload", new JsonText("{\"a\":1}"))));
    }
}
