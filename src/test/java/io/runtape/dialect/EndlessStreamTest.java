package io.runtape.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Streams that go on and on with a new id in each event: a live run holds a bounded amount of them in every dialect. */
class EndlessStreamTest {

    private static final int EVENTS = 20_000;

    /** Longer than an id that is compared as it is, shorter than one that is hashed in any case. */
    private static final String LONG = "i".repeat(1000);

    /** Not much more than one text of a run's row. */
    private static final long BYTES_MAX = 2L << 20;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            openai-responses | response.output_text.done      | {"output_index":"@","content_index":0,"text":"x"}
            openai-responses | response.output_text.done      | {"output_index":0,"content_index":"@","text":"x"}
            openai-responses |                                | {"type":"response.output_item.added","output_index":"@","item":{"type":"function_call","call_id":"@","name":"f"}}
            openai-responses | response.created               | {"response":{"id":"@@@@@@@@@@@@","model":"@@@@@@@@"}}
            openai-responses | error                          | {"code":"@@@@","message":"@@@@"}
            openai-chat      |                                | {"id":"@","model":"@","choices":[{"index":"@","delta":{"tool_calls":[{"index":0,"id":"@","function":{"name":"f","arguments":""}}]}}]}
            openai-chat      |                                | {"choices":[{"index":0,"delta":{"tool_calls":[{"index":"@","function":{"arguments":""}}]}}]}
            openai-chat      |                                | {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"@"}]}
            anthropic        | content_block_start            | {"index":"@","content_block":{"type":"tool_use","id":"@","name":"f","input":{}}}
            anthropic        | content_block_delta            | {"index":"@","delta":{"type":"text_delta","text":"x"}}
            langgraph        | messages                       | [{"id":"@","type":"AIMessageChunk","content":"x"}]
            langgraph        | messages/complete              | [{"id":"@","type":"ai","content":"x"}]
            langgraph        | messages|s                     | [{"id":"@","type":"AIMessageChunk","content":"x"}]
            langgraph        | messages/complete|s            | [{"id":"@","type":"ai","content":"x"}]
            langgraph        | messages                       | [{"id":"@","type":"AIMessageChunk","content":"x","usage_metadata":{"input_tokens":1}}]
            langgraph        | messages                       | [{"id":"@","type":"AIMessageChunk","content":"","tool_call_chunks":[{"index":0,"id":"@","name":"f","args":""}]}]
            langgraph        | messages/complete              | [{"id":"@","type":"ai","content":"","tool_calls":[{"id":"@","name":"f","args":{}}]}]
            aisdk            |                                | {"type":"text-start","id":"@"}
            aisdk            |                                | {"type":"text-delta","id":"@","delta":"x"}
            aisdk            |                                | {"type":"reasoning-delta","id":"@","delta":"x"}
            aisdk            |                                | {"type":"start","messageId":"@@@@@@@@@@@@"}
            agui             |                                | {"type":"TEXT_MESSAGE_CONTENT","messageId":"@","delta":"x"}
            agui             |                                | {"type":"TEXT_MESSAGE_START","messageId":"@","role":"user"}
            agui             |                                | {"type":"TEXT_MESSAGE_CONTENT","messageId":"@","delta":"x","subagentRunId":"r"}
            agui             |                                | {"type":"MESSAGES_SNAPSHOT","messages":[{"id":"@","role":"assistant","content":"x"}]}
            runtools         | tool_call                      | {"id":"@","name":"bash"}
            runtools         | assistant_message              | {"id":"@","text":"x"}
            """)
    void keepsABoundedAmount(String dialect, String type, String data) throws Exception {
        RunDigest digest = AllDialects.dialects().of(dialect, "/any").digest();
        for (int i = 0; i < EVENTS; i++) {
            String block =
                    (type == null ? "" : "event: " + type + "\n") + "data: " + data.replace("@", LONG + i) + "\n\n";
            byte[] bytes = block.getBytes(UTF_8);
            digest.event(type, bytes, 0, bytes.length, false);
        }

        long held = Retained.bytes(digest);
        assertTrue(held < BYTES_MAX, () -> held + " bytes are held of a stream of " + EVENTS + " ids");
    }

    /** An agent API may put megabytes where others have a name. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            openai-responses | response.created | {"response":{"id":"@","model":"@"}}
            openai-responses | error            | {"code":"@","message":"short"}
            openai-chat      |                  | {"id":"@","model":"@","choices":[{"index":0,"delta":{"tool_calls":[{"index":"@","id":"@"}]},"finish_reason":"@"}]}
            anthropic        | message_start    | {"message":{"id":"@","model":"@"}}
            agui             |                  | {"type":"TEXT_MESSAGE_CONTENT","messageId":"@","delta":"x"}
            langgraph        | messages         | [{"id":"@","type":"ai","content":"x"}]
            """)
    void keepsABoundedAmountOfLongNames(String dialect, String type, String data) throws Exception {
        RunDigest digest = AllDialects.dialects().of(dialect, "/any").digest();
        String block =
                (type == null ? "" : "event: " + type + "\n") + "data: " + data.replace("@", LONG.repeat(300)) + "\n\n";
        byte[] bytes = block.getBytes(UTF_8);
        digest.event(type, bytes, 0, bytes.length, false);

        long held = Retained.bytes(digest);
        assertTrue(held < 100_000, () -> held + " bytes are held");
    }
}
