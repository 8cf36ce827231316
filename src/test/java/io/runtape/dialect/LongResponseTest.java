package io.runtape.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The event that ends a stream of OpenAI's Responses repeats the whole response, which may be too much for a tree. */
class LongResponseTest {

    private static final String LOGPROBS = "[0" + ",0".repeat(60_000) + "]";

    private final RunDigest digest = AllDialects.dialects().at("/any").digest();

    @Test
    void saysHowItEndedWhereItsOutputIsTooLong() {
        take("response.created", "{\"response\":{\"id\":\"resp_1\",\"model\":\"gpt-5-nano\"}}");
        take("response.output_text.done", "{\"output_index\":0,\"content_index\":0,\"text\":\"Hoi\"}");
        take(
                "response.completed",
                "{\"response\":{\"id\":\"resp_1\",\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hoi\","
                        + "\"logprobs\":" + LOGPROBS
                        + "}]}],\"status\":\"completed\",\"usage\":{\"input_tokens\":3}}}");

        Outcome outcome = digest.outcome();
        assertEquals(Verdict.COMPLETED, outcome.verdict());
        assertEquals("Hoi", outcome.result().textValue());
        assertEquals(3, outcome.usage().inputTokens());
    }

    private void take(String type, String data) {
        byte[] block = ("event: " + type + "\ndata: " + data + "\n\n").getBytes(UTF_8);
        digest.event(type, block, 0, block.length, false);
    }
}
