package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BodyIdsTest {

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            nullValues = "-",
            delimiter = '|',
            value = {
                "{\"data\":{\"runId\":\"r1\",\"threadId\":\"t1\"}} | r1 | t1",
                "{\"x\":[{\"data\":{\"runId\":\"no\"}}],\"data\":{\"text\":\"\\u00e9é\",\"more\":{\"runId\":\"no\"},\"runId\":\"r1\"}} | r1 | -",
                "{\"data\":{\"a\":[1,{\"threadId\":\"no\"}],\"threadId\":\"t1\"},\"runId\":\"no\"} | - | t1",
                "{\"data\":{\"runId\":7,\"threadId\":\"not fit\"}} | - | -",
                "[{\"data\":1},{\"runId\":\"no\"}] | - | -",
                "[{\"data\":{\"runId\":\"no\"}}] | - | -",
                "{\"data\":[{\"runId\":\"no\"}]} | - | -",
                "\"data\" | - | -",
                "no JSON {\"data\":{\"runId\":\"no\"}} | - | -",
                "{\"data\":{\"runId\":\"r1\"}, and no more JSON | r1 | -",
            })
    void findsTheIdsHoweverTheBodyComes(String body, String runId, String threadId) {
        byte[] bytes = body.getBytes(UTF_8);
        for (int length = 1; length <= bytes.length; length++) {
            BodyIds ids = new BodyIds();

            for (int at = 0; at < bytes.length; at += length) {
                ids.feed(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + length)));
            }

            assertEquals(new ResponseIds(runId, threadId), ids.found(), "in pieces of " + length);
        }
    }
}
