package io.runtape.server.cors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pages of other origins, where the operator lets them in; and what a log with every call in it says of tickets. */
class CrossOriginIT {

    private static final String PAGE = "Origin: https://app.example.com";
    private static final String KEY = "X-API-Key: page";
    private static final Pattern TICKET = Pattern.compile("\"ticket\":\"([^\"]+)\"");

    @TempDir
    static Path dataDir;

    private static ScriptedUpstream upstream;
    private static GatewayProcess gateway;

    @BeforeAll
    static void start() throws IOException {
        upstream = new ScriptedUpstream();
        Map<String, String> settings = GatewayProcess.onH2(dataDir, upstream);
        settings.put(
                "RUNTAPE_CORS_ORIGINS",
                "https://other.example.com, https://app.example.com, /https://[a-z]+\\.dev\\.example/");
        settings.put("QUARKUS_HTTP_ACCESS_LOG_ENABLED", "true");
        gateway = GatewayProcess.start(settings).ready();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        upstream.close();
    }

    private static WireResponse preflight(String target, String method, String origin) throws IOException {
        return gateway.client()
                .sendHead(
                        "OPTIONS",
                        target,
                        origin,
                        "Access-Control-Request-Method: " + method,
                        "Access-Control-Request-Headers: x-api-key,content-type,idempotency-key,last-event-id,"
                                + "runtape-event-ids,runtape-thread-id,runtape-on-disconnect");
    }

    @Test
    void answersPreflightsOfBothNamespacesByItself() throws Exception {
        int before = upstream.received().size();
        for (String target : List.of("/v1/run", "/v1/threads/a", "/history/v1/runs", "/history/v1/tickets")) {
            WireResponse response = preflight(target, "POST", PAGE);

            assertEquals(200, response.status(), target);
            assertEquals("https://app.example.com", response.header("Access-Control-Allow-Origin"));
            assertEquals("false", response.header("Access-Control-Allow-Credentials"));
            assertTrue(response.header("Access-Control-Allow-Methods").contains("POST"));
            for (String name : List.of("x-api-key", "idempotency-key", "last-event-id", "runtape-event-ids")) {
                assertTrue(response.header("Access-Control-Allow-Headers").contains(name), name);
            }
            assertEquals("600", response.header("Access-Control-Max-Age"));
        }
        assertEquals(before, upstream.received().size());
    }

    @Test
    void letsAPageReadAndNotTwoResponsesAboutIt() throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead(
                    "Access-Control-Allow-Origin: *", "access-control-allow-credentials: true", "X-Other: kept");
            exchange.chunk("data: 1\n\n").end();
        });

        for (String target : List.of("/v1/run", "/v1/else")) {
            WireResponse response = gateway.client().post(target, "{}", script.header(), PAGE, KEY);

            assertEquals("data: 1\n\n", new String(response.whole()));
            assertEquals(List.of("https://app.example.com"), response.head().values("Access-Control-Allow-Origin"));
            assertEquals(List.of("false"), response.head().values("Access-Control-Allow-Credentials"));
            assertEquals("kept", response.header("X-Other"));
            List<String> exposed =
                    List.of(response.header("Access-Control-Expose-Headers").split(","));
            assertTrue(
                    exposed.containsAll(List.of(
                            "Runtape-Run-Id",
                            "Runtape-Thread-Id",
                            "X-Run-ID",
                            "X-Thread-ID",
                            "Idempotent-Replayed",
                            "Location",
                            "Content-Location",
                            "Retry-After",
                            "request-id",
                            "openai-processing-ms",
                            "x-vercel-ai-ui-message-stream",
                            "X-RateLimit-Remaining",
                            "x-ratelimit-remaining-tokens",
                            "x-ratelimit-reset-requests",
                            "anthropic-ratelimit-requests-limit",
                            "anthropic-ratelimit-output-tokens-reset")),
                    exposed.toString());
        }
        for (String target : List.of("/history/v1/runs", "/history/v1/runs/none")) {
            WireResponse response = gateway.client().get(target, PAGE, KEY);

            assertEquals("https://app.example.com", response.header("Access-Control-Allow-Origin"), target);
        }
    }

    @Test
    void letsNoOtherOriginIn() throws Exception {
        int before = upstream.received().size();
        for (String origin : List.of("https://evil.example", "https://app.example.com.evil.example", "null")) {
            WireResponse asked = preflight("/v1/run", "POST", "Origin: " + origin);
            assertRefused(asked, origin);
            assertRefused(gateway.client().post("/v1/run", "{}", "Origin: " + origin, KEY), origin);
            assertRefused(gateway.client().get("/history/v1/runs", "Origin: " + origin, KEY), origin);
        }
        assertEquals(before, upstream.received().size());
        assertEquals(
                200,
                gateway.client()
                        .get("/history/v1/runs", "Origin: https://x.dev.example", KEY)
                        .status());
    }

    private static void assertRefused(WireResponse response, String origin) throws IOException {
        String body = new String(response.whole());
        assertEquals(403, response.status(), origin);
        assertFalse(response.head().has("Access-Control-Allow-Origin"), origin);
        assertTrue(body.contains("\"code\":\"forbidden\""), body);
        assertTrue(body.contains("RUNTAPE_CORS_ORIGINS"), body);
        assertTrue(body.contains(response.header("X-Request-ID")), body);
    }

    @Test
    void letsItsOwnPagesIn() throws Exception {
        String here = "http://127.0.0.1:" + gateway.port();
        assertEquals(
                200,
                gateway.client().get("/history/v1/runs", "Origin: " + here, KEY).status());
        assertRefused(gateway.client().get("/history/v1/runs", "Origin: " + here + "0", KEY), here + "0");
        assertRefused(gateway.client().get("/history/v1/runs", "Origin: " + here.replace("http", "https"), KEY), here);
    }

    @Test
    void leavesCallersThatAreNoPageAlone() throws Exception {
        WireResponse response = gateway.client().get("/history/v1/runs", KEY);

        assertEquals(200, response.status());
        assertFalse(response.head().has("Access-Control-Allow-Origin"));
    }

    @Test
    void logsNoTicket() throws Exception {
        String run;
        try (WireResponse response = gateway.client()
                .post("/v1/run", "{}", upstream.on(Script.stream("data: 1\n\n")).header(), KEY)) {
            response.whole();
            run = response.header("Runtape-Run-Id");
        }
        WireResponse made = gateway.client().post("/history/v1/tickets", "{\"runId\":\"" + run + "\"}", KEY);
        Matcher ticket = TICKET.matcher(new String(made.whole()));
        assertTrue(ticket.find());
        String events = "/history/v1/runs/" + run + "/events";

        for (String query : List.of("?ticket=", "?after=x&ticket=", "?verbatim=true&ticket=")) {
            gateway.client()
                    .get(events + query + ticket.group(1), "Accept: text/event-stream")
                    .readAll();
        }
        gateway.client().get("/history/v1/nothing?ticket=" + ticket.group(1)).readAll();
        gateway.client().get("/v1/run%zz?ticket=" + ticket.group(1)).readAll();

        String logged = RunTable.await("the calls are logged", () -> {
            String output = String.join("\n", gateway.output());
            return output.contains("\"GET /history/v1/nothing HTTP/1.1\" 404") && output.contains(events)
                    ? output
                    : null;
        });
        assertFalse(logged.contains(ticket.group(1)), logged);
        assertFalse(logged.contains("ticket="), logged);
    }
}
