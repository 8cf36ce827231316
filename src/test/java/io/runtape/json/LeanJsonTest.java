package io.runtape.json;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import org.junit.jupiter.api.Test;

class LeanJsonTest {

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
}
