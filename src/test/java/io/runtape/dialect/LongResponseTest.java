package io.runtape.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.sse.ServerSentEvent;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Events that repeat the whole response, as OpenAI's Responses end, or the whole conversation: it may be too much for a tree. */
class LongResponseTest {

    private static final String LOGPROBS = "[0" + ",0".repeat(60_000) + "]";

    private static final String NUMBERS = "[0" + ",0".repeat(20_000) + "]";

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

    @Test
    void tellsTheAnswerInAStateThatIsTooLong() {
        String question = "{\"type\":\"human\",\"id\":\"h\",\"content\":\"Count.\"}";
        String results = ",{\"type\":\"tool\",\"id\":\"t\",\"tool_call_id\":\"c\",\"content\":" + NUMBERS + "}";
        String answer =
                ",{\"type\":\"ai\",\"id\":\"a\",\"content\":\"Counted.\",\"usage_metadata\":{\"input_tokens\":3}}";
        List<ServerSentEvent> events = List.of(
                new ServerSentEvent("metadata", "{\"run_id\":\"r\",\"attempt\":1}", ""),
                new ServerSentEvent("values", "{\"messages\":[" + question + "]}", ""),
                new ServerSentEvent("values", "{\"messages\":[" + question + results.repeat(4) + answer + "]}", ""));
        events.forEach(event -> take(event.event(), event.data()));

        assertEquals(3, digest.outcome().usage().inputTokens());
        List<Message> said = AllDialects.dialects().at("/any").transcript(events);
        assertEquals(2, said.get(0).parts().size());
        assertEquals(new Part.Text("Counted."), said.get(0).parts().get(1));
    }

    /** A list of words with their probabilities has hundreds of values a word. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hoi\"},\"logprobs\":LOGPROBS,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3}}",
                "{\"object\":\"response\",\"status\":\"completed\",\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hoi\",\"logprobs\":LOGPROBS}]}],\"usage\":{\"input_tokens\":3}}",
                "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"web_search_tool_result\",\"tool_use_id\":\"t\",\"content\":LOGPROBS},{\"type\":\"text\",\"text\":\"Hoi\"}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":3}}",
            })
    void tellsTheTextOfAWholeAnswerThatIsTooLong(String answer) {
        byte[] body = answer.replace("LOGPROBS", LOGPROBS).getBytes(UTF_8);
        digest.response(body, 0, body.length);

        Outcome outcome = digest.outcome();
        assertEquals(Verdict.COMPLETED, outcome.verdict());
        assertEquals("Hoi", outcome.result().textValue());
        assertEquals(3, outcome.usage().inputTokens());
        List<Message> said = AllDialects.dialects().at("/any").answered(new String(body, UTF_8));
        assertTrue(said.get(0).parts().contains(new Part.Text("Hoi")), said::toString);
    }

    @Test
    void keepsWhatWasSaidBeforeAConversationThatIsTooLong() {
        take("RUN_STARTED", "{\"type\":\"RUN_STARTED\",\"threadId\":\"t\",\"runId\":\"r\"}");
        take("TEXT_MESSAGE_CONTENT", "{\"type\":\"TEXT_MESSAGE_CONTENT\",\"messageId\":\"m\",\"delta\":\"Hoi\"}");
        take(
                "MESSAGES_SNAPSHOT",
                "{\"type\":\"MESSAGES_SNAPSHOT\",\"messages\":[{\"id\":\"m\",\"role\":\"assistant\",\"content\":"
                        + LOGPROBS + "}]}");
        take("RUN_FINISHED", "{\"type\":\"RUN_FINISHED\",\"threadId\":\"t\",\"runId\":\"r\"}");

        assertEquals("Hoi", digest.outcome().result().textValue());
    }

    private void take(String type, String data) {
        byte[] block = ("event: " + type + "\ndata: " + data + "\n\n").getBytes(UTF_8);
        digest.event(type, block, 0, block.length, false);
    }
}
