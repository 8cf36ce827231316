package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.RawHead;
import io.runtape.testsupport.ReceivedCall;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Status, headers and bodies of recorded calls, in both directions. */
abstract class RelayedHeadsTest extends RunningGateway {

    private static final String EVENT = "data: x\n\n";

    @Test
    void sendsTheCallOnAsItCame() throws Exception {
        Scripted script = upstream.on(Script.stream(EVENT));
        byte[] json = "\r\n {\"prompt\" : \"h\u00e9llo\",\t\"unknown\":[1e400 , 0.10]} \n".getBytes(UTF_8);

        WireResponse response = client().send(
                        "POST",
                        "/v1/run?a=1&a=2&b=%20%2F&c",
                        json,
                        script.header(),
                        "content-TYPE: application/json; charset=utf-8",
                        "X-Multi: 1",
                        "x-OdD-CaSe: Kept",
                        "X-Multi: 2, 3",
                        "Accept: text/event-stream",
                        "User-Agent: curious/1.0",
                        "Authorization: Bearer secret",
                        "Last-Event-ID: 7",
                        "X-Empty:");

        response.whole();
        ReceivedCall call = script.call();
        assertEquals("POST", call.method());
        assertEquals("/v1/run?a=1&a=2&b=%20%2F&c", call.target());
        assertArrayEquals(json, call.body());
        RawHead head = call.head();
        assertEquals(List.of("1", "2, 3"), head.values("X-Multi"));
        assertTrue(head.lines().contains("x-OdD-CaSe: Kept"), head.toString());
        assertEquals("application/json; charset=utf-8", head.value("Content-Type"));
        assertEquals("text/event-stream", head.value("Accept"));
        assertEquals("curious/1.0", head.value("User-Agent"));
        assertEquals("Bearer secret", head.value("Authorization"));
        assertEquals("7", head.value("Last-Event-ID"));
        assertEquals("", head.value("X-Empty"));
        assertEquals(Integer.toString(json.length), head.value("Content-Length"));
    }

    @Test
    void addsNothingToTheCall() throws Exception {
        Scripted script = upstream.on(Script.stream(EVENT));

        client().send("POST", "/v1/run", "{}".getBytes(UTF_8), script.header()).whole();

        List<String> names = script.call().lines().stream()
                .map(line -> line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT))
                .sorted()
                .toList();
        assertEquals(List.of("content-length", "host", "x-script"), names);
    }

    @Test
    void namesTheAgentApiAsHost() throws Exception {
        Scripted script = upstream.on(Script.stream(EVENT));

        client().post("/v1/run", "{}", script.header()).whole();

        assertEquals("127.0.0.1:" + upstream.port(), script.call().head().value("Host"));
    }

    @Test
    void sendsNoHopByHopHeaderOn() throws Exception {
        Scripted script = upstream.on(Script.stream(EVENT));

        client().post(
                        "/v1/run",
                        "{}",
                        script.header(),
                        "Connection: keep-alive, X-Private",
                        "Connection: x-other",
                        "X-Private: 1",
                        "X-Other: 1",
                        "Keep-Alive: timeout=5",
                        "TE: trailers",
                        "Trailer: X-Sum",
                        "Proxy-Authorization: Basic abc",
                        "Proxy-Connection: keep-alive",
                        "Accept-Encoding: gzip, br",
                        "X-Public: 1")
                .whole();

        RawHead head = script.call().head();
        assertTrue(head.has("X-Public"));
        for (String name : List.of(
                "X-Private",
                "X-Other",
                "Keep-Alive",
                "TE",
                "Trailer",
                "Proxy-Authorization",
                "Proxy-Connection",
                "Accept-Encoding")) {
            assertFalse(head.has(name), head.toString());
        }
        assertFalse(head.values("Connection").stream().anyMatch(v -> v.contains("X-")), head.toString());
    }

    @Test
    void sendsNoHeaderOfItsOwnOn() throws Exception {
        Scripted script = upstream.on(Script.stream(EVENT));

        client().post(
                        "/v1/run",
                        "{}",
                        script.header(),
                        "Runtape-On-Disconnect: continue",
                        "RUNTAPE-EVENT-IDS: false",
                        "runtape-thread-id: t-1")
                .whole();

        assertFalse(script.call().lines().stream()
                .anyMatch(l -> l.toLowerCase(Locale.ROOT).startsWith("runtape")));
    }

    @Test
    void sendsAChunkedBodyOn() throws Exception {
        Scripted script = upstream.on(Script.stream(EVENT));

        WireResponse response = client().sendHead("POST", "/v1/run", script.header(), "Transfer-Encoding: chunked");
        response.write("a\r\n{\"prompt\":\r\n".getBytes(UTF_8));
        response.write("5;ext=1\r\n\"hi\"}\r\n0\r\nX-Trailer: 1\r\n\r\n".getBytes(UTF_8));

        assertEquals(EVENT, new String(response.whole(), UTF_8));
        ReceivedCall call = script.call();
        assertEquals("{\"prompt\":\"hi\"}", new String(call.body(), UTF_8));
        assertEquals("hi", table().ended(response.header("Runtape-Run-Id")).prompt());
    }

    @Test
    void tellsAClientThatAsksToSendItsBody() throws Exception {
        Scripted script = upstream.on(Script.stream(EVENT));

        WireResponse response =
                client().sendHead("POST", "/v1/run", script.header(), "Content-Length: 2", "Expect: 100-continue");
        response.awaitContinue();
        response.write("{}".getBytes(UTF_8));

        assertEquals(EVENT, new String(response.whole(), UTF_8));
        assertFalse(script.call().head().has("Expect"));
    }

    @Test
    void passesTheResponsesHeadAsItCame() throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.head(
                    201,
                    "content-TYPE: text/event-stream; charset=utf-8",
                    "Transfer-Encoding: chunked",
                    "X-Multi: 1",
                    "x-OdD-CaSe: Kept",
                    "X-Multi: 2",
                    "Set-Cookie: a=cookie-one; Path=/",
                    "Set-Cookie: b=cookie-two",
                    "Cache-Control: no-store",
                    "X-Run-ID: up-1",
                    "X-Thread-ID: up-thread-1",
                    "Server: agents/2");
            exchange.chunk(EVENT).end();
        });

        WireResponse response = client().post("/v1/run", "{}", script.header());

        response.whole();
        assertEquals(201, response.status());
        RawHead head = response.head();
        assertEquals("text/event-stream; charset=utf-8", head.value("Content-Type"));
        assertEquals(List.of("1", "2"), head.values("X-Multi"));
        assertTrue(head.lines().contains("x-OdD-CaSe: Kept"), head.toString());
        assertEquals(List.of("a=cookie-one; Path=/", "b=cookie-two"), head.values("Set-Cookie"));
        assertEquals("no-store", head.value("Cache-Control"));
        assertEquals("up-1", head.value("X-Run-ID"));
        assertEquals("up-thread-1", head.value("X-Thread-ID"));
        assertEquals("agents/2", head.value("Server"));
        assertEquals("up-thread-1", head.value("Runtape-Thread-Id"));
        assertEquals("no", head.value("X-Accel-Buffering"));
        RunRow run = table().ended(head.value("Runtape-Run-Id"));
        assertEquals("up-1", run.upstreamRunId());
        assertEquals("up-thread-1", run.threadId());
        assertEquals(201, run.upstreamStatus());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text",
                "a/b/c",
                "text/event-stream, text/event-stream",
                "application/json; charset",
                "/",
                ";charset=utf-8",
                "text/event-stream; charset=\"",
                "multipart/form-data; boundary=x",
                "multipart/form-data"
            })
    void passesATypeThatIsNone(String type) throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.head(200, "X-Before: 1", "CONTENT-type: " + type, "X-After: 1", "Transfer-Encoding: chunked");
            exchange.chunk(EVENT).end();
        });

        WireResponse response = client().post("/v1/run", "{}", script.header());

        assertEquals(200, response.status(), () -> String.join("\n", headLines(response)));
        assertEquals(EVENT, new String(response.whole(), UTF_8));
        assertTrue(headLines(response).contains("CONTENT-type: " + type), () -> String.join("\n", headLines(response)));
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("completed", run.outcome());
        assertArrayEquals(EVENT.getBytes(UTF_8), table().bytes(run.id()));
    }

    private static List<String> headLines(WireResponse response) {
        try {
            return response.head().lines();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same, where the agent API sends two of them: which one counts nobody can know. */
    @Test
    void passesTwoTypes() throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.head(200, "Content-Type: text/plain", "Content-Type: text/event-stream", "Content-Length: 9");
            exchange.raw(EVENT.getBytes(UTF_8)).isWhole();
        });

        WireResponse response = client().post("/v1/run", "{}", script.header());

        assertEquals(EVENT, new String(response.whole(), UTF_8));
        assertEquals(List.of("text/plain", "text/event-stream"), response.head().values("Content-Type"));
    }

    private static String[] headersOf(int bytes) {
        return Stream.iterate(0, i -> i + 1)
                .limit(bytes / 4096)
                .map(i -> "X-Long-" + i + ": " + "v".repeat(4096 - 12))
                .toArray(String[]::new);
    }

    @Test
    void passesHeadersOfNearlySixtyFourKibibytes() throws Exception {
        String[] headers = headersOf(60 << 10);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead(headers);
            exchange.chunk(EVENT).end();
        });

        WireResponse response = client().post("/v1/run", "{}", script.header());

        assertEquals(200, response.status());
        assertEquals(EVENT, new String(response.whole(), UTF_8));
        assertTrue(headLines(response).containsAll(List.of(headers)));
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("completed", run.outcome());
        assertTrue(run.responseHeaders().length() > 60 << 10);
    }

    @Test
    void saysThatHeadersAreTooLong() throws Exception {
        Scripted script = upstream.on(exchange -> {
            // Nothing follows it: what is sent to a connection that is closed already fails the script.
            exchange.streamHead(headersOf(80 << 10)).awaitPeerGone();
        });

        WireResponse response = client().post("/v1/run", "{}", script.header());

        assertEquals(502, response.status());
        assertTrue(new String(response.whole(), UTF_8).contains("\"upstream_invalid\""), response.text());
        assertEquals(
                "failed/upstream_error",
                table().ended(response.header("Runtape-Run-Id")).outcome());
        assertTrue(script.done().isEmpty(), "the connection to the agent API stays open");
    }

    @Test
    void addsItsOwnHeadersWhereTheAgentApiSetsNone() throws Exception {
        Scripted script = upstream.on(Script.stream(EVENT));

        WireResponse response = client().post("/v1/run", "{}", script.header());

        RawHead head = response.head();
        String runId = head.value("Runtape-Run-Id");
        String threadId = head.value("Runtape-Thread-Id");
        assertTrue(runId.matches("run_[0-9a-f]{12}7[0-9a-f]{19}"), runId);
        assertTrue(threadId.matches("thr_[0-9a-f]{12}7[0-9a-f]{19}"), threadId);
        assertEquals(runId, head.value("X-Run-ID"));
        assertEquals(threadId, head.value("X-Thread-ID"));
        assertEquals("no-cache", head.value("Cache-Control"));
        assertEquals("no", head.value("X-Accel-Buffering"));
    }

    @Test
    void passesNoHopByHopHeaderOfTheResponse() throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead(
                    "Connection: X-Private",
                    "X-Private: 1",
                    "Keep-Alive: timeout=5",
                    "Proxy-Authenticate: Basic",
                    "Trailer: X-Sum",
                    "X-Public: 1");
            exchange.chunk(EVENT).end();
        });

        WireResponse response = client().post("/v1/run", "{}", script.header());

        response.whole();
        assertTrue(response.head().has("X-Public"));
        for (String name : List.of("X-Private", "Keep-Alive", "Proxy-Authenticate", "Trailer")) {
            assertFalse(response.head().has(name), response.head().toString());
        }
    }

    @Test
    void keepsNoCookie() throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead("Set-Cookie: session=never-to-be-stored-1", "X-Kept: kept-1");
            exchange.chunk(EVENT).end();
        });

        WireResponse response = client().post("/v1/run", "{}", script.header());

        response.whole();
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertTrue(run.responseHeaders().contains("kept-1"), run.responseHeaders());
        assertFalse(run.responseHeaders().contains("never-to-be-stored-1"), run.responseHeaders());
    }

    @Test
    void takesTheThreadFromTheCallersHeaderFirst() throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead("X-Thread-ID: theirs-2");
            exchange.chunk(EVENT).end();
        });

        WireResponse response =
                client().post("/v1/run", "{\"threadId\":\"asked-2\"}", script.header(), "Runtape-Thread-Id: named-2");

        response.whole();
        assertEquals("named-2", response.header("Runtape-Thread-Id"));
        assertEquals("theirs-2", response.header("X-Thread-ID"));
        assertEquals("named-2", table().ended(response.header("Runtape-Run-Id")).threadId());
    }

    @Test
    void takesTheThreadFromTheBodyWhereNothingElseNamesOne() throws Exception {
        Scripted script = upstream.on(Script.stream(EVENT));

        WireResponse first = client().post("/v1/run", "{\"threadId\":\"asked-3\"}", script.header());
        first.whole();
        WireResponse second = client().post("/v1/run", "{\"threadId\":\"asked-3\"}", script.header());
        second.whole();

        assertEquals("asked-3", first.header("Runtape-Thread-Id"));
        RunRow one = table().ended(first.header("Runtape-Run-Id"));
        RunRow two = table().ended(second.header("Runtape-Run-Id"));
        assertEquals("asked-3", two.threadId());
        assertEquals(1, one.threadOrdinal());
        assertEquals(2, two.threadOrdinal());
    }

    @Test
    void makesAThreadWhereNoneIsFit() throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead("X-Thread-ID: not fit");
            exchange.chunk(EVENT).end();
        });

        WireResponse response = client().post("/v1/run", "{\"threadId\":\"a/b\"}", script.header());

        response.whole();
        assertTrue(response.header("Runtape-Thread-Id").startsWith("thr_"));
        assertEquals("not fit", response.header("X-Thread-ID"));
    }

    @Test
    void namesTheAgentOfThePath() throws Exception {
        Scripted script = upstream.on(Script.stream(EVENT));

        WireResponse response =
                client().post("/v1/agents/code%20assistant/run", "{\"agent\":\"other\"}", script.header());

        response.whole();
        assertEquals("/v1/agents/code%20assistant/run", script.call().target());
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("code assistant", run.agent());
        assertEquals("/v1/agents/code%20assistant/run", run.path());
    }

    @Test
    void leavesOtherOriginsToTheAgentApi() throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead(
                    "Access-Control-Allow-Origin: https://theirs.example", "Access-Control-Expose-Headers: X-A");
            exchange.chunk(EVENT).end();
        });

        WireResponse response = client().post("/v1/run", "{}", script.header(), "Origin: https://theirs.example");

        response.whole();
        assertEquals(List.of("https://theirs.example"), response.head().values("Access-Control-Allow-Origin"));
        assertEquals(List.of("X-A"), response.head().values("Access-Control-Expose-Headers"));
        assertFalse(response.head().has("Access-Control-Allow-Credentials"));
    }

    @Test
    void handsPreflightsToTheAgentApi() throws Exception {
        Scripted script = upstream.on(
                Script.whole(204, new byte[0], "Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: POST"));

        WireResponse response = client().sendHead(
                        "OPTIONS",
                        "/v1/run",
                        script.header(),
                        "Origin: https://theirs.example",
                        "Access-Control-Request-Method: POST");

        assertEquals(204, response.status());
        assertEquals(List.of("*"), response.head().values("Access-Control-Allow-Origin"));
        assertEquals("https://theirs.example", script.call().head().value("Origin"));
    }

    @Test
    void opensTheHistoryToNoOtherOrigin() throws Exception {
        for (String method : List.of("OPTIONS", "GET")) {
            WireResponse response = client().sendHead(
                            method,
                            "/history/v1/runs",
                            "X-API-Key: origins",
                            "Origin: https://theirs.example",
                            "Access-Control-Request-Method: GET");

            assertEquals(200, response.status(), method);
            assertFalse(response.head().has("Access-Control-Allow-Origin"), method);
        }
    }
}
