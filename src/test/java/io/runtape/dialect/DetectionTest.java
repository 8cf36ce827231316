package io.runtape.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.sse.CorpusCase;
import io.runtape.sse.ServerSentEvent;
import io.runtape.sse.SseWriter;
import java.io.IOException;
import java.net.URISyntaxException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Which dialect a stream is taken for by its events, where the path does not tell. */
class DetectionTest {

    private static final String UNKNOWN = "unknown";

    /** The cases of the corpus that are in a dialect; all others are in none. */
    private static final Map<String, String> DIALECTS = Map.ofEntries(
            Map.entry("agui-text-message", "agui"),
            Map.entry("anthropic-text-with-ping-and-padding", "anthropic"),
            Map.entry("anthropic-tool-use-input-json", "anthropic"),
            Map.entry("azure-openai-prompt-filter-first", "openai-chat"),
            Map.entry("langgraph-server-messages-crlf", "langgraph"),
            Map.entry("ollama-openai-compat-with-usage-and-trailing-comment", "openai-chat"),
            Map.entry("openai-chat-text", "openai-chat"),
            Map.entry("openai-chat-tool-calls", "openai-chat"),
            Map.entry("openai-responses-text", "openai-responses"),
            Map.entry("openrouter-processing-comments", "openai-chat"),
            Map.entry("run-deltas-with-ids", "runtools"),
            Map.entry("run-thinking-tool-complete", "runtools"),
            Map.entry("run-tool-result-multiline-data", "runtools"),
            Map.entry("size-100-lines-of-tool-output", "runtools"),
            Map.entry("size-long-line-1mib-ascii", "runtools"),
            Map.entry("vercel-ui-message-stream", "aisdk"),
            Map.entry("vercel-ui-tools-and-error", "aisdk"));

    static Stream<CorpusCase> corpus() throws IOException, URISyntaxException {
        return CorpusCase.all();
    }

    static Collection<DialectCase> cases() throws IOException {
        return DialectCase.all().stream().filter(DialectCase::stream).toList();
    }

    @Test
    void theTableNamesCasesOfTheCorpus() throws Exception {
        List<String> names = corpus().map(CorpusCase::name).toList();

        assertTrue(names.containsAll(DIALECTS.keySet()), () -> "the corpus has " + names);
    }

    @ParameterizedTest
    @MethodSource("corpus")
    void findsTheDialectOfEachStreamOfTheCorpus(CorpusCase stream) {
        assertEquals(DIALECTS.getOrDefault(stream.name(), UNKNOWN), claimed(stream.events()));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void findsTheDialectOfEachCase(DialectCase of) {
        assertEquals(of.expected().path("dialect").asText(UNKNOWN), claimed(of.events()));
    }

    /** Events whose names or types look like another API's. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            metadata          | {"run_id":"1f0c0de0-0000-6000-8000-00000000c0de"}                         | unknown
            metadata          | {"run_id":"1f0c0de0-0000-6000-8000-00000000c0de","attempt":1}             | langgraph
            metadata          | {"title":"A page"}                                                        | unknown
            values            | {"temperature":[1,2,3]}                                                   | unknown
            values            | {"messages":[{"type":"human","content":"Hi","id":"h1"}]}                  | langgraph
            messages          | [{"id":1,"text":"Hi"}]                                                    | unknown
            messages          | [{"type":"AIMessageChunk","content":"","id":"run--1"},{}]                 | langgraph
            updates           | {"version":"1.2"}                                                         | unknown
            start             | {"job":7}                                                                 | unknown
            message           | {"type":"start"}                                                          | aisdk
            message           | {"type":"start","messageId":"m1"}                                         | aisdk
            message           | {"type":"start","runId":"r","from":"AGENT","payload":{"id":"weather"}}    | unknown
            message           | {"type":"start","job":7}                                                  | unknown
            message           | {"type":"text-start","runId":"r","from":"AGENT","payload":{"id":"t"}}     | unknown
            message           | {"type":"text-start","id":"t"}                                            | aisdk
            message           | {"type":"error","errorText":"no"}                                         | unknown
            message           | {"type":"RUN_STARTED","threadId":"t","runId":"r"}                         | agui
            message           | {"type":"RUN_STARTED","job":7}                                            | unknown
            run_started       | {"runId":"r"}                                                             | runtools
            thinking          | {"text":"Hm"}                                                             | runtools
            tool_call         | {"name":"bash"}                                                           | runtools
            complete          | {"text":"Done"}                                                           | runtools
            message           | {"text":"Done"}                                                           | unknown
            message_start     | {"type":"message_start","message":{"id":"msg_1"}}                         | anthropic
            message-start     | {"type":"message-start","id":"1"}                                         | unknown
            message           | {"type":"response.created","response":{"id":"resp_1"}}                    | openai-responses
            message           | {"id":"1","object":"chat.completion.chunk","choices":[]}                  | openai-chat
            message           | {"candidates":[{"content":{"parts":[{"text":"Hi"}]}}]}                    | unknown
            message           | {"jsonrpc":"2.0","id":1,"result":{"kind":"status-update"}}                | unknown
            thread.run.created| {"id":"run_1","object":"thread.run"}                                      | unknown
            done              | [DONE]                                                                    | unknown
            """)
    void tellsDialectsFromWhatLooksLikeThem(String name, String data, String dialect) {
        assertEquals(dialect, claimed(List.of(new ServerSentEvent(name, data, ""))));
    }

    /** The dialect that the digest of a live run finds. No other one may begin with the same event. */
    private static String claimed(List<ServerSentEvent> events) {
        RunDigest digest = AllDialects.dialects().at("/any").digest();
        for (ServerSentEvent event : events) {
            assertTrue(beginning(event).size() <= 1, () -> beginning(event) + " begin with " + event);
            byte[] block = SseWriter.event(event.event(), null, event.data());
            digest.event(EventType.of(event.event(), block, 0, block.length, false), block, 0, block.length, false);
        }
        Dialect found = digest.dialect();
        return found == null ? UNKNOWN : found.name();
    }

    private static List<String> beginning(ServerSentEvent event) {
        var data = Payload.parsed(event.data());
        return AllDialects.list().stream()
                .filter(dialect -> dialect.begins(EventType.of(event, data), data))
                .map(Dialect::name)
                .toList();
    }
}
