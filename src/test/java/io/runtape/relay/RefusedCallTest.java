package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the gateway itself refuses, or has to own up to. */
abstract class RefusedCallTest extends RecordedHistory {

    /** The error's message; fails where the response is not the envelope with that status and code. */
    private static String refusal(WireResponse response, int status, String code) throws Exception {
        String body = new String(response.whole(), UTF_8);
        assertEquals(status, response.status(), body);
        assertEquals("application/json", response.header("Content-Type"));
        JsonObject error = new JsonObject(body).getJsonObject("error");
        assertEquals(code, error.getString("code"), body);
        assertEquals(response.header("X-Request-ID"), error.getString("requestId"));
        return error.getString("message");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "prompt",
                "[]",
                "[{}]",
                "\"text\"",
                "1",
                "null",
                "{",
                "{\"a\":}",
                "{} {}",
                "{}x",
                "{'a':1}",
                "{\"a\":1,}"
            })
    void refusesABodyThatIsNoJsonObject(String body) throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));

        WireResponse response = client().post("/v1/run", body, script.header(), "X-API-Key: " + key);

        assertTrue(refusal(response, 400, "invalid_request").contains("JSON object"));
        assertFalse(response.head().has("Runtape-Run-Id"));
        assertTrue(script.isUncalled());
        assertNoRun();
    }

    @ParameterizedTest
    @CsvSource({
        "Runtape-On-Disconnect, stop, continue, cancel",
        "Runtape-On-Disconnect, Cancel, continue, cancel",
        "Runtape-On-Disconnect, '', continue, cancel",
        "Runtape-Event-Ids, yes, true, true",
        "Runtape-Event-Ids, 1, true, true",
        "Runtape-Keep-Alive, 4, from 5 to 300, early",
        "Runtape-Keep-Alive, 301, from 5 to 300, early",
        "Runtape-Keep-Alive, 1e1, from 5 to 300, early",
        "Runtape-Keep-Alive, -5, from 5 to 300, early",
        "Runtape-Keep-Alive, '', from 5 to 300, early",
        "Runtape-Keep-Alive, early, from 5 to 300, early",
        "Runtape-Keep-Alive, 15; late, from 5 to 300, early",
        "Runtape-Keep-Alive, 15;, from 5 to 300, early",
        "Runtape-Thread-Id, a b, 1 to 128, letters",
        "Runtape-Thread-Id, '', 1 to 128, letters",
        "Runtape-Thread-Id, ä, 1 to 128, letters",
        "Runtape-Thread-Id, ., 1 to 128, alone",
        "Runtape-Thread-Id, .., 1 to 128, alone"
    })
    void refusesABadHeaderOfItsOwn(String name, String value, String allowed, String alsoAllowed) throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));

        WireResponse response = client().post("/v1/run", "{}", script.header(), name + ": " + value);

        String message = refusal(response, 400, "invalid_request");
        assertTrue(message.contains(name), message);
        assertTrue(message.contains(allowed), message);
        assertTrue(message.contains(alsoAllowed), message);
        assertTrue(script.isUncalled());
    }

    @ParameterizedTest
    @CsvSource({
        "Runtape-On-Disconnect, continue, cancel",
        "Runtape-Event-Ids, true, false",
        "Runtape-Keep-Alive, 15, 30",
        "Runtape-Thread-Id, one, another",
        "Idempotency-Key, one, another",
        "Last-Event-ID, 0, 1"
    })
    void refusesAHeaderOfItsOwnThatComesTwice(String name, String first, String second) throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));

        WireResponse response = client().post(
                        "/v1/run",
                        "{}",
                        script.header(),
                        name.equals("Last-Event-ID") ? "Idempotency-Key: comes-twice" : "X-Other: header",
                        name + ": " + first,
                        name + ": " + second);

        String message = refusal(response, 400, "invalid_request");
        assertTrue(message.contains(name), message);
        assertTrue(script.isUncalled());
    }

    @Test
    void refusesAThreadIdThatIsTooLong() throws Exception {
        WireResponse fits = client().post(
                        "/v1/run",
                        "{}",
                        upstream.on(Script.stream("data: x\n\n")).header(),
                        "Runtape-Thread-Id: " + "t".repeat(128));
        fits.whole();

        WireResponse response = client().post("/v1/run", "{}", "Runtape-Thread-Id: " + "t".repeat(129));

        assertEquals(200, fits.status());
        refusal(response, 400, "invalid_request");
    }

    @Test
    void saysThatTheAgentApiCannotBeReached() throws Exception {
        upstream.refuse();
        try {
            WireResponse response = client().post("/v1/run", "{}", "X-Request-ID: mine-1");

            refusal(response, 502, "upstream_unreachable");
            assertEquals("mine-1", response.header("X-Request-ID"));
            RunRow run = table().ended(response.header("Runtape-Run-Id"));
            assertEquals("failed/upstream_unreachable", run.outcome());
            assertEquals(response.header("Runtape-Thread-Id"), run.threadId());
            assertNull(run.upstreamStatus());
        } finally {
            upstream.acceptAgain();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"this is no HTTP\r\n\r\n", "HTTP/1.1 abc Bad\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n"})
    void saysThatTheAgentApiSpeaksNoHttp(String bytes) throws Exception {
        Scripted script =
                upstream.on(exchange -> exchange.raw(bytes.getBytes(UTF_8)).awaitPeerGone());

        WireResponse response = client().post("/v1/run", "{}", script.header());

        refusal(response, 502, "upstream_invalid");
        assertEquals(
                "failed/upstream_error",
                table().ended(response.header("Runtape-Run-Id")).outcome());
    }

    @Test
    void saysThatTheAgentApiClosedTheConnectionBeforeItAnswered() throws Exception {
        Scripted script = upstream.on(exchange -> {});

        WireResponse response = client().post("/v1/run", "{}", script.header());

        refusal(response, 502, "upstream_unreachable");
        assertEquals(
                "failed/upstream_closed",
                table().ended(response.header("Runtape-Run-Id")).outcome());
    }

    @Test
    void saysThatTheAgentApiResetTheConnectionBeforeItAnswered() throws Exception {
        Scripted script = upstream.on(exchange -> exchange.reset());

        WireResponse response = client().post("/v1/run", "{}", script.header());

        refusal(response, 502, "upstream_unreachable");
        assertEquals(
                "failed/upstream_closed",
                table().ended(response.header("Runtape-Run-Id")).outcome());
    }

    @ParameterizedTest
    @ValueSource(strings = {"@127.0.0.1/a://x/v1/run", ".127.0.0.1/a://x/v1/run", "x:y@127.0.0.1/?z=://y/v1/run"})
    void letsNoTargetChooseAnotherHost(String target) throws Exception {
        WireResponse response = client().post(target, "{}");

        refusal(response, 400, "invalid_request");
    }

    @Test
    void takesATargetInAbsoluteForm() throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));

        try (WireResponse response = client().post("http://elsewhere/v1/run?a=b", "{}", script.header())) {
            assertEquals(200, response.status());
            response.whole();
        }
        assertEquals("/v1/run?a=b", script.call().target());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/run", "/v1/realtime?model=x"})
    void refusesAWebSocket(String target) throws Exception {
        WireResponse response = client().get(
                        target,
                        "Connection: keep-alive, Upgrade",
                        "Upgrade: WebSocket",
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                        "Sec-WebSocket-Version: 13");

        refusal(response, 501, "not_supported");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/history", "/History/v1/runs", "/history/v1/nothing", "/console/x", "/v1/%2e%2e/q/health"})
    void passesNoPathOfItsOwnOn(String target) throws Exception {
        refusal(client().get(target), 404, "not_found");
    }

    @Test
    void allowsNoOtherMethodInHistory() throws Exception {
        WireResponse response = client().send("PUT", "/history/v1/runs/run_1/events", new byte[0]);

        refusal(response, 405, "method_not_allowed");
    }

    @Test
    void hasNoOtherTypeInHistory() throws Exception {
        WireResponse response = client().get("/history/v1/runs", "Accept: image/png", "X-API-Key: k");

        refusal(response, 406, "not_acceptable");
    }

    @Test
    void takesTheNextCallOnTheSameConnectionAfterARefusal() throws Exception {
        String refused = "POST /v1/run HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]";
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        String taken = "POST /v1/run HTTP/1.1\r\nHost: x\r\n" + script.header() + "\r\nContent-Length: 2\r\n\r\n{}";

        WireResponse first = client().sendRaw(refused.getBytes(UTF_8));
        refusal(first, 400, "invalid_request");
        WireResponse second = first.andThen(taken.getBytes(UTF_8));

        assertEquals("data: x\n\n", new String(second.whole(), UTF_8));
    }
}
