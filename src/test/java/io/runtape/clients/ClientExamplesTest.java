package io.runtape.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.anthropic.errors.AnthropicServiceException;
import com.openai.errors.OpenAIServiceException;
import io.runtape.dialect.DialectCase;
import io.runtape.testsupport.NodeModules;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.Tool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The code of docs/reference/clients.md: what each client says, and what the history says of its run. */
abstract class ClientExamplesTest extends ClientHistory {

    /** Asks through the gateway; returns the text. */
    private interface Asking {
        String ask(String prompt) throws Exception;
    }

    /** The agent API's next response is the case. */
    private DialectCase plays(String name) {
        DialectCase of = DialectCase.named(name);
        upstream.next(
                of.stream()
                        ? Script.stream(of.came())
                        : Script.json(200, of.came().strip()));
        return of;
    }

    @ParameterizedTest
    @CsvSource({
        "openai.mjs,openai,openai-responses/text.case",
        "openai-again.mjs,openai,openai-chat/text.case",
        "anthropic.mjs,@anthropic-ai/sdk,anthropic/text.case",
        "langgraph.mjs,@langchain/langgraph-sdk,langgraph/messages-deltas.case",
        "ai.mjs,ai,aisdk/text.case",
        "ag-ui.mjs,@ag-ui/client,agui/text.case"
    })
    void javaScriptPrintsTheText(String name, String wanted, String played) throws Exception {
        // Before the script is in line: where the client is missing, no call takes it out.
        Tool.named("node");
        NodeModules.require(wanted);
        DialectCase of = plays(played);

        String printed = ClientSnippets.run(name, wanted, url(), key);

        assertEquals(of.expected().path("result").asText(), printed);
        assertRan(of, 1);
    }

    @Test
    void openAi() throws Exception {
        OpenAiClientExample client = new OpenAiClientExample(url(), key);

        assertAsks(
                client::stream, "openai-responses/text.case", client::whole, "openai-responses/body-with-tools.case");
    }

    @Test
    void anthropic() throws Exception {
        AnthropicClientExample client = new AnthropicClientExample(url(), key);

        assertAsks(client::stream, "anthropic/text.case", client::whole, "anthropic/body.case");
    }

    @Test
    void langChain4j() throws Exception {
        LangChain4jExample client = new LangChain4jExample(url(), key);

        assertAsks(client::stream, "openai-chat/text.case", client::whole, "openai-chat/body.case");
    }

    private void assertAsks(Asking stream, String streamed, Asking whole, String body) throws Exception {
        DialectCase first = plays(streamed);
        assertEquals(first.expected().path("result").asText(), stream.ask(JavaCall.PROMPT));
        assertRan(first, 1);

        DialectCase second = plays(body);
        assertEquals(second.expected().path("result").asText(), whole.ask(JavaCall.PROMPT));
        assertRan(second, 2);
    }

    @Test
    void showTheErrorsOfTheGateway() {
        // Paths below it are never an agent API's.
        String nowhere = url() + "/history";

        OpenAIServiceException openAi = assertThrows(
                OpenAIServiceException.class, () -> new OpenAiClientExample(nowhere, key).stream(JavaCall.PROMPT));
        AnthropicServiceException anthropic = assertThrows(
                AnthropicServiceException.class,
                () -> new AnthropicClientExample(nowhere, key).stream(JavaCall.PROMPT));

        assertEquals(404, openAi.statusCode());
        assertEquals(404, anthropic.statusCode());
        assertTrue(openAi.getMessage().contains("/history/"), openAi.getMessage());
        assertTrue(anthropic.getMessage().contains("/history/"), anthropic.getMessage());
    }
}
