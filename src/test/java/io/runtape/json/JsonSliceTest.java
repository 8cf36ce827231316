package io.runtape.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonSliceTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The values of a list, which begins at the third of the bytes. */
    private static List<JsonSlice> values(String list) throws Exception {
        byte[] json = ("xx" + list).getBytes(UTF_8);
        List<JsonSlice> values = new ArrayList<>();
        try (JsonParser parser = LeanJson.slicing(json, 2, json.length - 2)) {
            assertEquals(JsonToken.START_ARRAY, parser.nextToken());
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                values.add(JsonSlice.at(parser, json, 2));
            }
        }
        return values;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "plain",
                "ä 東 \uD83E\uDD98",
                "\\\"\\\\\\/\\b\\f\\n\\r\\t",
                "\\u0041\\u00e4\\u6771\\uD83E\\uDD98\\ud83e\\udd98x\\u0000",
                "\\\\u0041",
                "a\\n",
            })
    void decodesAStringAsAParserDoes(String inside) throws Exception {
        for (String behind : List.of("", " ".repeat(70_000))) {
            JsonSlice string =
                    values("[1 , \"" + inside + "\" " + behind + ",[]]").get(1);

            String text = JSON.readValue("\"" + inside + "\"", String.class);
            assertEquals(text, string.text());
            assertArrayEquals(text.getBytes(UTF_8), string.utf8());
            assertEquals(string.utf8().length, string.utf8Length());
            assertEquals(inside.contains("\\"), string.isEscaped());
            assertEquals("\"" + inside + "\"", string.json());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\ud83e", "\\ud83ex", "\\ud83e\\u0041", "\\udd98", "\\ud83e\\n", "\\ud83e\\ud83e"})
    void refusesHalfOfAPair(String inside) throws Exception {
        JsonSlice string = values("[\"" + inside + "\"]").get(0);

        assertThrows(CharacterCodingException.class, string::utf8);
    }

    @Test
    void hasValuesAsTheyAreWritten() throws Exception {
        List<String> written = List.of(
                "{ \"a\" : [ 1, {} ] }", "-1.50E3", "true", "[ \"]\" ]", "null", "\"ä\"", "7", "{\"b\":\"\\ud83d\"}");
        String pad = "\"" + "ä".repeat(3_000) + "\"";
        for (int pads : List.of(0, 20)) {
            StringBuilder list = new StringBuilder("[");
            for (String each : written) {
                list.append((pad + ",").repeat(pads)).append(' ').append(each).append("\t,");
            }
            List<JsonSlice> values = values(list.append("0]").toString());

            for (int i = 0; i < written.size(); i++) {
                JsonSlice value = values.get(i * (pads + 1) + pads);
                assertEquals(written.get(i), value.json());
                assertEquals(written.get(i).getBytes(UTF_8).length, value.length());
            }
        }
    }

    @Test
    void knowsWhatIsLongerThanSoManyCharacters() throws Exception {
        JsonSlice string = values("[\"\\u0001\\u0001\"]").get(0);

        assertFalse(string.isLongerThan(2));
        assertTrue(string.isLongerThan(1));
    }
}
