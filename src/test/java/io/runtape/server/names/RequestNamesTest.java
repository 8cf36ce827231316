package io.runtape.server.names;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.Http2Client;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a misspelt name is answered with. */
abstract class RequestNamesTest extends RecordedHistory {

    private static final String KEY = "X-API-Key: spelling";

    private String refusal(WireResponse response) throws Exception {
        String body = new String(response.whole(), UTF_8);
        assertEquals(400, response.status(), body);
        JsonObject error = new JsonObject(body).getJsonObject("error");
        assertEquals("invalid_request", error.getString("code"));
        assertEquals(response.header("X-Request-ID"), error.getString("requestId"));
        return error.getString("message");
    }

    private String recorded() throws Exception {
        try (WireResponse response = client().post(
                        "/v1/run",
                        "{}",
                        KEY,
                        "Runtape-Thread-Id: spelling",
                        upstream.on(Script.stream("data: x\n\n")).header())) {
            response.whole();
            return response.header("Runtape-Run-Id");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET    | /runs?statsu=failed               | statsu    | status",
                "GET    | /runs?thread_id=x                 | thread_id | threadId",
                "GET    | /runs?metdata.branch=main         | metdata.branch | metadata.KEY",
                "GET    | /runs?metadata=main               | metadata  | metadata.KEY",
                "GET    | /stats?groupby=agent              | groupby   | groupBy",
                "GET    | /runs/?Limit=1                    | Limit     | limit",
                "GET    | /runs?limit=1&limt=2              | limt      | limit",
                "GET    | /%72uns?statsu=failed             | statsu    | status",
                "GET    | /threads?archve=true              | archve    | archived",
                "GET    | /threads/spelling/runs?limits=1   | limits    | limit",
                "GET    | /threads/spelling/events?aftr=1   | aftr      | after",
                "GET    | /threads/spelling/replay?rungap=1 | rungap    | runGap",
                "GET    | /runs/RUN/events?kinds=event      | kinds     | kind",
                "HEAD   | /runs?statsu=failed               | ''        | ''",
                "GET    | /runs/RUN/replay?sped=max         | sped      | speed",
                "GET    | /runs/RUN/diff?whit=RUN           | whit      | with"
            })
    void namesTheParameterThatWasMeant(String method, String target, String written, String meant) throws Exception {
        String at = "/history/v1" + target.replace("RUN", recorded());

        try (WireResponse response = client().sendHead(method, at, KEY)) {
            if (method.equals("HEAD")) {
                assertEquals(400, response.status());
                return;
            }
            String message = refusal(response);

            assertTrue(message.contains("'" + written + "'"), message);
            assertTrue(message.contains("The nearest is " + meant + "."), message);
            assertTrue(message.contains("Allowed with GET /history/v1/"), message);
        }
    }

    @Test
    void listsWhatIsAllowed() throws Exception {
        String message = refusal(client().get("/history/v1/threads/spelling/replay?gap=1", KEY));

        assertTrue(
                message.endsWith(
                        "Allowed with GET /history/v1/threads/{id}/replay: after, from, ids, maxGap, runGap, speed, ticket, to."),
                message);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /runs/RUN",
        "DELETE, /runs/RUN",
        "GET, /runs/RUN/request",
        "POST, /runs/RUN/cancel",
        "PATCH, /threads/spelling",
        "DELETE, /threads/spelling",
        "POST, /tickets"
    })
    void takesNoParameterWhereThereAreNone(String method, String target) throws Exception {
        String run = recorded();

        WireResponse response = client().send(
                        method,
                        "/history/v1" + target.replace("RUN", run) + "?dryRun=true",
                        "{}".getBytes(UTF_8),
                        KEY,
                        "Content-Type: application/json");

        String message = refusal(response);
        assertTrue(message.contains("'dryRun'") && message.endsWith("takes none."), message);
        assertEquals(200, client().get("/history/v1/runs/" + run, KEY).status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/event-stream", "application/x-ndjson", "application/json"})
    void looksAtTailsToo(String type) throws Exception {
        String at = "/history/v1/runs/" + recorded() + "/events";

        String unknown = refusal(client().get(at + "?verbatm=true", KEY, "Accept: " + type));
        String twice = refusal(client().get(at + "?after=0&after=1", KEY, "Accept: " + type));
        String empty = refusal(client().get(at + "?after=", KEY, "Accept: " + type));

        assertTrue(unknown.contains("The nearest is verbatim."), unknown);
        assertTrue(twice.contains("after may be given once"), twice);
        assertTrue(empty.contains("after has no value"), empty);
    }

    @Test
    void takesTwiceWhatMayBeRepeated() throws Exception {
        String at = "/history/v1/runs/" + recorded() + "/events?kind=event&kind=comment&type=a&type=b";

        assertEquals(200, client().get(at, KEY).status());
    }

    @Test
    void takesAFilterAHundredTimes() throws Exception {
        String at = "/history/v1/runs?agent=a" + "&agent=a".repeat(99);

        assertEquals(200, client().get(at, KEY).status());
        String message = refusal(client().get(at + "&agent=a", KEY));

        assertTrue(message.contains("agent may be given 100 times at the most"), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/runs?agent=%ff%fe", "/runs?threadId=%ed%a0%80", "/runs?agent=\u00e9", "/runs/%ff"})
    void refusesWhatIsNoText(String target) throws Exception {
        String message = refusal(client().get("/history/v1" + target, KEY));

        assertTrue(message.contains("percent-encoding"), message);
    }

    @Test
    void refusesParametersInThePath() throws Exception {
        String message = refusal(client().get("/history/v1/runs;status=failed", KEY));

        assertTrue(message.contains("question mark"), message);
    }

    @Test
    void doesNotRepeatAValueOrALongName() throws Exception {
        String secret = "tkt_Zk3vXb0m2pQ7yR9sT1uV4wX6zA8cE0gI2kM4oQ6sU8w";

        String value = refusal(client().get("/history/v1/runs?tickt=" + secret, KEY));
        String name = refusal(client().get("/history/v1/runs?" + secret, KEY));

        assertFalse(value.contains("tkt_"), value);
        assertFalse(name.contains("T1uV4wX6"), name);
    }

    // ---- Headers

    @ParameterizedTest
    @CsvSource({
        "POST, /v1/run, Runtape-Thread, Runtape-Thread-Id",
        "POST, /v1/run, Runtape-On-Disconect, Runtape-On-Disconnect",
        "POST, /v1/run, runtape-event-id, Runtape-Event-Ids",
        "POST, /v1/run, Runtape-KeepAlive, Runtape-Keep-Alive",
        "POST, /v1/threads, Runtape-Thread, Runtape-Thread-Id",
        "GET, /v1/models, Runtape-Disconnect, Runtape-On-Disconnect",
        "GET, /history/v1/runs, Runtape-EventIds, Runtape-Event-Ids"
    })
    void namesTheHeaderThatWasMeant(String method, String target, String written, String meant) throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));

        WireResponse response = client().send(
                        method,
                        target,
                        "{}".getBytes(UTF_8),
                        "X-API-Key: " + key,
                        script.header(),
                        written + ": cancel");

        String message = refusal(response);
        assertTrue(message.contains("'" + written + "'"), message);
        assertTrue(message.contains("The nearest is " + meant + "."), message);
        assertTrue(
                message.contains("Allowed: Runtape-Event-Ids, Runtape-Fault, Runtape-Keep-Alive, Runtape-On-Disconnect,"
                        + " Runtape-Replay, Runtape-Speed, Runtape-Thread-Id."),
                message);
        assertTrue(script.isUncalled());
        assertNoRun();
    }

    @Test
    void looksAtHeadersOverHttp2() throws Exception {
        Scripted script = upstream.on(Script.json(200, "{}"));
        try (Http2Client http2 = new Http2Client(URI.create(url()).getPort())) {
            int call = http2.request("GET", "/v1/models", true, KEY, script.header(), "runtape-thread: x");

            assertEquals(400, http2.answer(call).status());
        }
        assertTrue(script.isUncalled());
    }

    @Test
    void leavesParametersOfTheAgentApiAlone() throws Exception {
        Scripted script = upstream.on(Script.json(200, "{}"));

        client().get("/v1/models?statsu=1&statsu=2", KEY, script.header()).whole();

        assertEquals("/v1/models?statsu=1&statsu=2", script.call().target());
    }
}
