package io.runtape.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseStatus;
import io.runtape.testsupport.ReceivedCall;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How the clients in Java cancel a run: by a call where the API has one, else by leaving. */
abstract class CancellingClientsTest extends ClientHistory {

    private final CaseAgent playing = new CaseAgent();
    private final Scripted agent = upstream.on(playing);

    private JavaCall call(JavaApi api, String credential, String played) {
        return JavaCall.of(url() + api.prefix(), credential, agent, credential, played, "halved");
    }

    private void assertCancelled(String credential, String reason) throws Exception {
        JsonNode run = newestOf(credential, 1);
        assertEquals("cancelled", run.path("status").asText(), run.toString());
        assertEquals(reason, run.path("reason").asText());
        assertTrue(run.path("error").isNull(), run.toString());
    }

    /** All clients leave before the first run is looked at, so that the grace of each is over at the same time. */
    @Test
    void leavingCancelsARunThatAskedForIt() throws Exception {
        List<JavaApi> apis = JavaApi.all();
        for (int i = 0; i < apis.size(); i++) {
            apis.get(i).leave(call(apis.get(i), key + i, apis.get(i).text()).with("Runtape-On-Disconnect", "cancel"));
        }

        for (int i = 0; i < apis.size(); i++) {
            assertCancelled(key + i, "client_disconnected");
            playing.release(key + i);
        }
    }

    @Test
    void cancelsAResponse() throws Exception {
        OpenAiResponses api = new OpenAiResponses();
        List<String> rest = new ArrayList<>();

        Response answer = api.cancel(call(api, key, "openai-responses/background-cancelled.case"), rest::add);

        assertEquals(ResponseStatus.CANCELLED, answer.status().orElseThrow());
        assertTrue(rest.get(rest.size() - 1).contains("\"response.cancelled\""), rest.toString());
        assertCancelled(key, "cancel_requested");
        assertCancelCame();
    }

    /** As of an agent API whose stream just ends. */
    @Test
    void cancelsAResponseThatDoesNotSaySo() throws Exception {
        OpenAiResponses api = new OpenAiResponses();

        api.cancel(call(api, key, api.text()), event -> {});

        assertCancelled(key, "cancel_requested");
        assertCancelCame();
    }

    private void assertCancelCame() {
        List<String> targets =
                playing.callsOf(key).stream().map(ReceivedCall::target).toList();
        assertEquals(2, targets.size(), targets.toString());
        assertTrue(targets.get(1).matches("/v1/responses/resp_\\w+/cancel"), targets.toString());
    }
}
