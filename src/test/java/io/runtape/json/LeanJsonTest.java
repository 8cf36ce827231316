package io.runtape.json;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LeanJsonTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The parser's own bound is 20 million characters. */
    @Test
    void readsWhatTheGatewayKeepsHoweverLongItIs() throws Exception {
        String text = "x".repeat(20_000_001);

        try (JsonParser parser =
                LeanJson.parserOfKept("[" + "[".repeat(1050) + "\"" + text + "\"" + "]".repeat(1051))) {
            while (parser.nextToken() != JsonToken.VALUE_STRING) {
                assertEquals(JsonToken.START_ARRAY, parser.currentToken());
            }
            assertEquals(text.length(), parser.getTextLength());
        }
    }

    /** Longer than a parser decodes at once. */
    @Test
    void copiesLongTexts() throws Exception {
        String text = "x\"\\\n\u0001ä\uD83E\uDD98/".repeat(50_000);
        String object = JSON.writeValueAsString(Map.of("a", List.of(text, text)));

        try (JsonParser parser = LeanJson.parser(object)) {
            parser.nextToken();
            assertEquals(object, LeanJson.object(parser, object.length()));
        }
    }
}
