package io.runtape.error;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.PackagedGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every refusal of the gateway's own is one envelope, whoever in the server makes it; bytes go over the wire as they are here. */
class OwnErrorsIT extends PackagedGateway {

    private static final String HOST = "Host: x\r\n";

    private static final String ID = "X-Request-ID: mine-7\r\n";

    private static String get(String target, String... lines) {
        return "GET " + target + " HTTP/1.1\r\n" + HOST + ID + String.join("\r\n", lines)
                + (lines.length == 0 ? "" : "\r\n") + "\r\n";
    }

    private static WireResponse sent(String request) throws Exception {
        return gateway.client().sendRaw(request.getBytes(ISO_8859_1));
    }

    /** The message, once everything around it is as it must be. */
    private static String refusal(WireResponse response, int status, String code, String requestId) throws Exception {
        String body = new String(response.whole(), UTF_8);
        assertEquals(status, response.status(), body);
        assertEquals("application/json", response.header("Content-Type"));
        assertEquals("no-store", response.header("Cache-Control"));
        JsonObject envelope = new JsonObject(body);
        assertEquals(Set.of("type", "error"), envelope.fieldNames());
        assertEquals("error", envelope.getString("type"));
        JsonObject error = envelope.getJsonObject("error");
        assertEquals(Set.of("type", "code", "message", "requestId"), error.fieldNames());
        assertEquals(code, error.getString("code"), body);
        assertEquals(code, error.getString("type"));
        assertEquals(response.header("X-Request-ID"), response.header("request-id"));
        assertEquals(response.header("X-Request-ID"), error.getString("requestId"));
        if (requestId != null) {
            assertEquals(requestId, error.getString("requestId"));
        }
        return error.getString("message");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/history/v1/runs/a%2",
                "/history/v1/runs/%zz/events",
                "/history/v1/runs?agent=%zz",
                "/history/v1/runs?agent=50%",
                "/history/v1/runs?%zz=1",
                "/history/v1/runs?agent=%ff",
                "/v1/models%zz",
                "/v1/run/%2/x"
            })
    void ofTargetsThatAreNotEncoded(String target) throws Exception {
        int before = upstream.received().size();

        String message = refusal(sent(get(target)), 400, "invalid_request", "mine-7");

        assertTrue(message.contains("percent"), message);
        assertEquals(before, upstream.received().size());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "X-Bad: a\\0b           | malformed",
                "X-Bad: a\\rb           | malformed",
                "X Bad: 1              | malformed",
                "X-Bad\\u0001: 1        | malformed",
                "nocolon               | malformed",
                ": x                   | without a name",
                "Host: other           | two headers Host",
                "Content-Length: -1    | malformed",
                "Content-Length: +14   | malformed",
                "Content-Length: 0x0e  | malformed",
                "Content-Length: ten   | malformed",
                "Content-Length: 14,15 | malformed",
                "Content-Length: 99999999999999999999 | malformed",
                "Transfer-Encoding: gzip | Transfer-Encoding"
            })
    void ofHeadersThatAreNone(String line, String why) throws Exception {
        String header = line.replace("\\0", "\0").replace("\\r", "\r").replace("\\u0001", "\u0001");
        for (String target : Set.of("/v1/models", "/v1/run", "/history/v1/runs", "/nothing")) {
            int before = upstream.received().size();

            try (WireResponse response = sent(get(target, header))) {
                String message = refusal(response, 400, "invalid_request", "mine-7");
                assertTrue(message.contains(why), message);
                assertTrue(response.isClosed(), "the connection stays open");
            }

            assertEquals(before, upstream.received().size());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET  HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /history/v1/runs HTTP/3.0\r\nHost: x\r\n\r\n",
                "GET /history/v1/runs HTTP/1.11\r\nHost: x\r\n\r\n",
                "noise\r\n\r\n"
            })
    void ofWhatIsNoHttp(String request) throws Exception {
        try (WireResponse response = sent(request)) {
            refusal(response, 400, "invalid_request", null);
            assertTrue(response.isClosed(), "the connection stays open");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/", "/history/v1/runs/", "/history/v1/runs?agent=", "/"})
    void ofATargetThatIsTooLong(String target) throws Exception {
        try (WireResponse response = sent(get(target + "a".repeat(10_000)))) {
            String message = refusal(response, 414, "uri_too_long", null);

            assertTrue(message.contains("4096 bytes"), message);
            assertTrue(response.isClosed());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/models", "/v1/run", "/history/v1/runs"})
    void ofHeadersThatAreTooLarge(String target) throws Exception {
        try (WireResponse response = sent(get(target, "X-A: " + "a".repeat(30_000)))) {
            String message = refusal(response, 431, "headers_too_large", null);

            assertTrue(message.contains("20480 bytes"), message);
            assertTrue(response.isClosed());
        }
    }

    @Test
    void afterTheResponsesThatAreDue() throws Exception {
        String good = "GET /v1/models HTTP/1.1\r\n" + HOST
                + upstream.on(Script.json(200, "{}")).header() + "\r\n\r\n";

        WireResponse first = sent(good + get("/history/v1/runs", "Content-Length: -1") + good);

        assertEquals("{}", new String(first.whole(), UTF_8));
        WireResponse second = first.andThen(new byte[0]);
        refusal(second, 400, "invalid_request", "mine-7");
        assertTrue(second.isClosed());
    }

    @Test
    void withoutABodyForHead() throws Exception {
        try (WireResponse response = gateway.client().sendHead("HEAD", "/v1/models", "Content-Length: -1")) {
            assertEquals(400, response.status());
            assertEquals("", response.text());
            assertTrue(response.isClosed());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PUT    | /history/v1/runs             | GET",
                "POST   | /history/v1/runs/x           | DELETE GET",
                "GET    | /history/v1/runs/x/cancel    | POST",
                "GET    | /history/v1/tickets          | POST",
                "POST   | /history/v1/threads/x        | DELETE GET PATCH",
                "POST   | /history/v1/runs/x/replay    | GET",
                "QUERY  | /history/v1/threads/x/events | GET"
            })
    void sayWhichMethodsThereAre(String method, String target, String allowed) throws Exception {
        try (WireResponse response = gateway.client().send(method, target, new byte[0], "X-API-Key: k")) {
            String message = refusal(response, 405, "method_not_allowed", null);

            Set<String> allow = Set.of(response.header("Allow").split(",\\s*"));
            assertTrue(allow.containsAll(Set.of(allowed.split(" "))), allow::toString);
            assertFalse(allow.contains(method));
            assertTrue(message.contains(method), message);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/history/v1/runs                | application/json, application/x-ndjson",
                "/history/v1/runs/x              | application/json, application/x-ndjson",
                "/history/v1/runs/x/transcript   | application/json, text/html, text/markdown"
            })
    void sayWhichTypesThereAre(String target, String types) throws Exception {
        String message =
                refusal(gateway.client().get(target, "Accept: image/png", "X-API-Key: k"), 406, "not_acceptable", null);

        assertTrue(message.endsWith("Allowed: " + types + "."), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/history/v1/stats            | GET HEAD OPTIONS",
                "/history/v1/import           | OPTIONS POST",
                "/history/v1/threads/x        | DELETE GET HEAD OPTIONS PATCH",
                "/history/v1/runs/x/cancel    | OPTIONS POST"
            })
    void sayWhichMethodsThereAreWhenAskedForThem(String target, String allowed) throws Exception {
        try (WireResponse response = gateway.client().send("OPTIONS", target, new byte[0])) {
            assertEquals(200, response.status());
            assertEquals(
                    Set.of(allowed.split(" ")), Set.of(response.header("Allow").split(",\\s*")));
        }
        refusal(gateway.client().send("OPTIONS", "/history/v1/nothing", new byte[0]), 404, "not_found", null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "application/json;x=\"a,b\"", "text/html, nonsense"})
    void sayThatAcceptCannotBeRead(String accept) throws Exception {
        for (String target : List.of("/history/v1/runs", "/history/v1/runs/x/transcript")) {
            String message = refusal(
                    gateway.client().get(target, "Accept: " + accept, "X-API-Key: k"), 400, "invalid_request", null);

            assertTrue(message.startsWith("Accept cannot be read"), message);
            assertTrue(message.contains("Allowed: application/json, "), message);
        }
    }

    @Test
    void doNotMindAnEmptyAccept() throws Exception {
        for (String target : List.of("/history/v1/runs", "/history/v1/threads", "/history/v1/stats")) {
            try (WireResponse response = gateway.client().get(target, "Accept: ", "X-API-Key: k")) {
                assertEquals(200, response.status());
            }
        }
    }

    @Test
    void doNotGiveJsonToWhoeverRefusesIt() throws Exception {
        for (String target : List.of("/history/v1/runs", "/history/v1/threads", "/history/v1/stats")) {
            refusal(
                    gateway.client().get(target, "Accept: application/json;q=0", "X-API-Key: k"),
                    406,
                    "not_acceptable",
                    null);
        }
    }

    @ParameterizedTest
    @CsvSource({"POST, /history/v1/tickets, Accept", "PATCH, /history/v1/threads/x, Accept-Patch"})
    void sayWhichBodiesAreRead(String method, String target, String header) throws Exception {
        try (WireResponse response = gateway.client()
                .send(method, target, "{}".getBytes(UTF_8), "Content-Type: text/plain", "X-API-Key: k")) {
            String message = refusal(response, 415, "unsupported_media_type", null);

            assertTrue(message.endsWith("Allowed: application/json."), message);
            assertEquals("application/json", response.header(header));
        }
    }

    @Test
    void nameTheRequestAsGoodResponsesDo() throws Exception {
        WireResponse run = gateway.client()
                .post(
                        "/v1/run",
                        "{}",
                        "X-API-Key: k",
                        upstream.on(Script.stream("data: x\n\n")).header());
        run.whole();
        String id = run.header("Runtape-Run-Id");

        for (String target : Set.of(
                "/history/v1/runs",
                "/history/v1/runs/" + id,
                "/history/v1/runs/" + id + "/events",
                "/history/v1/runs/" + id + "/request",
                "/history/v1/runs/" + id + "/replay",
                "/history/v1/runs/" + id + "/transcript",
                "/q/openapi")) {
            for (String type : Set.of("*/*", "application/x-ndjson", "text/event-stream")) {
                boolean events = target.endsWith("/events");
                if (!events && !type.equals("*/*")) {
                    continue;
                }
                try (WireResponse response =
                        gateway.client().get(target, "X-API-Key: k", "Accept: " + type, "X-Request-ID: job-1")) {
                    response.whole();
                    assertEquals(200, response.status(), target);
                    assertEquals("job-1", response.header("X-Request-ID"), target + " as " + type);
                }
            }
        }
        try (WireResponse gone = gateway.client()
                .send("DELETE", "/history/v1/runs/" + id, new byte[0], "X-API-Key: k", "X-Request-ID: job-2")) {
            assertEquals(204, gone.status());
            assertEquals("job-2", gone.header("X-Request-ID"));
        }
        refusal(gateway.client().get("/history/v1/runs/" + id, "X-API-Key: k"), 404, "not_found", null);
        refusal(gateway.client().get("/console/nothing", "X-API-Key: k"), 404, "not_found", null);
        refusal(gateway.client().get("/console/files/x", "X-API-Key: k"), 404, "not_found", null);
    }
}
