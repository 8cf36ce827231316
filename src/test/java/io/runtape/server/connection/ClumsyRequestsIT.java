package io.runtape.server.connection;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.Http2Client;
import io.runtape.testsupport.PackagedGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are not quite HTTP, as clients send them. */
class ClumsyRequestsIT extends PackagedGateway {

    private static final String KEY = "X-API-Key: clumsy";

    private static String wire(String target) {
        return new String(target.getBytes(UTF_8), ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/files/{a}|b^c\"d`e",
                "/v1/files?q={a}|b^c\"d`e<f>[g]\\h%zz",
                "/v1/files?q=a;b&c;d=%3B",
                "/v1/files/sch\u00f6n?q=gr\u00f6\u00dfer\u00c0",
                "/v1/files/a:b@c,d=e$f&g!h'i(j)*k~l"
            })
    void passesATargetAsItCame(String target) throws Exception {
        String wire = wire(target);
        Scripted forwarded = upstream.on(Script.json(200, "{}"));
        Scripted recorded = upstream.on(Script.stream("data: x\n\n"));
        String query = wire.indexOf('?') < 0 ? "?q=" + wire.substring(4) : wire.substring(wire.indexOf('?'));

        WireResponse got = gateway.client().get(wire, forwarded.header(), KEY, "Runtape-Raw-Target: L3YxL290aGVy");
        assertEquals("{}", new String(got.whole(), UTF_8));
        WireResponse posted = gateway.client().post("/v1/run" + query, "{}", recorded.header(), KEY);
        assertEquals("data: x\n\n", new String(posted.whole(), UTF_8));

        assertEquals(wire, forwarded.call().target());
        assertEquals("/v1/run" + query, recorded.call().target());
    }

    /** Else a deletion with half of a value would have a wider filter. */
    @Test
    void takesASemicolonForAPartOfAValue() throws Exception {
        String meant = recorded("{\"agent\":\"a\",\"metadata\":{\"half\":\"x;agent=b\"}}");
        String other = recorded("{\"agent\":\"b\",\"metadata\":{\"half\":\"x\"}}");
        String target = "/history/v1/runs?metadata.half=x;agent=b";

        try (Http2Client http2 = new Http2Client(gateway.port())) {
            String listed =
                    http2.answer(http2.request("GET", target, true, KEY)).text();
            assertTrue(listed.contains(meant) && !listed.contains(other), listed);
        }
        WireResponse deleted = gateway.client().send("DELETE", target + "&expect=1", new byte[0], KEY);
        assertEquals("{\"data\":{\"count\":1,\"running\":0}}", new String(deleted.whole(), UTF_8).strip());
        assertEquals(404, gateway.client().get("/history/v1/runs/" + meant, KEY).status());
        assertEquals(200, gateway.client().get("/history/v1/runs/" + other, KEY).status());
    }

    private String recorded(String body) throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        WireResponse response = gateway.client().post("/v1/run", body, script.header(), KEY);
        response.whole();
        return response.header("Runtape-Run-Id");
    }

    /** A client of HTTP/1.0 knows no chunks: it reads to the end of the connection. */
    @ParameterizedTest
    @ValueSource(strings = {"GET /history/v1/runs HTTP/1.0\r\n", "POST /v1/run HTTP/1.0\r\nContent-Length: 2\r\n"})
    void endsTheConnectionBehindAResponseOfTheOldVersion(String begin) throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        String request = begin + "Host: h\r\nConnection: keep-alive\r\n" + KEY + "\r\n" + script.header() + "\r\n\r\n"
                + (begin.startsWith("POST") ? "{}" : "");
        try (Socket socket = new Socket("127.0.0.1", gateway.port())) {
            socket.setSoTimeout((int) ScriptedUpstream.PATIENCE.toMillis());
            socket.getOutputStream().write(request.getBytes(UTF_8));

            String response = new String(socket.getInputStream().readAllBytes(), UTF_8);

            assertTrue(response.startsWith("HTTP/1.0 200"), response);
        }
    }

    @Test
    void passesATargetAsItCameOverHttp2() throws Exception {
        Scripted script = upstream.on(Script.json(200, "{}"));
        String wire = wire("/v1/files/{\u00c0}?q=|");
        try (Http2Client http2 = new Http2Client(gateway.port())) {
            int call = http2.request("GET", wire, true, KEY, script.header(), "runtape-raw-target: L3YxL290aGVy");

            assertEquals(200, http2.answer(call).status());
        }
        assertEquals(wire, script.call().target());
    }

    @Test
    void namesAnAgentByAnyCharacter() throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));

        WireResponse response = gateway.client().post(wire("/v1/agents/{\u00c0}|/run"), "{}", script.header(), KEY);
        response.whole();

        JsonObject run = new JsonObject(new String(
                        gateway.client()
                                .get("/history/v1/runs/" + response.header("Runtape-Run-Id"), KEY)
                                .whole(),
                        UTF_8))
                .getJsonObject("data");
        assertEquals("{\u00c0}|", run.getString("agent"));
        assertEquals("/v1/agents/%7B%C3%80%7D%7C/run", run.getString("path"));
        assertEquals(wire("/v1/agents/{\u00c0}|/run"), script.call().target());
    }

    @Test
    void sendsBytesOnThatAreNoUtf8() throws Exception {
        Scripted script = upstream.on(Script.json(200, "{}"));

        gateway.client().get("/v1/files/\u00e9", script.header()).whole();

        assertEquals("/v1/files/%E9", script.call().target());
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/agents/a\\b/run, backslash",
        "/v1/run%, percent sign",
        "/v1/r%u0075n, percent sign",
        "/v1/run%2, percent sign",
        "/v1/run#x#y, fragment"
    })
    void saysWhatIsWrongWithATarget(String target, String why) throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));

        WireResponse response = gateway.client().post(target, "{}", script.header(), KEY);

        String body = new String(response.whole(), UTF_8);
        assertEquals(400, response.status());
        assertTrue(body.contains("invalid_request") && body.contains(why), body);
        assertTrue(script.isUncalled());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /v1/run HTTP/1.11\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
                "POST /v1/run HTTP/3.0\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
                "POST /v1/run HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n{}",
                "POST /v1/run HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                "POST /v1/run HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
                "POST /v1/run HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            })
    void refusesWhatIsNoHttpAndCloses(String request) throws Exception {
        int before = upstream.received().size();

        try (WireResponse response = gateway.client().sendRaw(request.getBytes(UTF_8))) {
            assertEquals(400, response.status());
            response.whole();
            assertTrue(response.isClosed(), "the connection stays open");
        }

        assertEquals(before, upstream.received().size());
    }

    @Test
    void answersInTurnBeforeItCloses() throws Exception {
        Scripted script = upstream.on(Script.json(200, "{}"));
        String good = "GET /v1/models HTTP/1.1\r\nHost: x\r\n" + script.header() + "\r\n\r\n";

        WireResponse first =
                gateway.client().sendRaw((good + "GET /v1/models HTTP/1.11\r\nHost: x\r\n\r\n").getBytes(UTF_8));

        assertEquals("{}", new String(first.whole(), UTF_8));
        assertEquals(400, first.andThen(new byte[0]).status());
    }

    @Test
    void takesAnUpgradeToHttp2() throws Exception {
        Scripted script = upstream.on(Script.json(200, "{}"));
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + gateway.port() + "/v1/files?q=%7B"))
                .header("X-Script", script.header().substring("X-Script: ".length()))
                .build();
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();

        HttpResponse<String> upgrading = client.send(request, BodyHandlers.ofString());
        HttpResponse<String> upgraded = client.send(request, BodyHandlers.ofString());

        assertEquals("{}", upgrading.body());
        assertEquals("{}", upgraded.body());
        assertEquals(HttpClient.Version.HTTP_2, upgraded.version());
    }
}
