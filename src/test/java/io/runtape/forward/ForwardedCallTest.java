package io.runtape.forward;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.history.RecordedHistory;
import io.runtape.server.fairness.UnsentBytes;
import io.runtape.testsupport.ReceivedCall;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import jakarta.inject.Inject;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls that are not recorded pass as they are. */
abstract class ForwardedCallTest extends RecordedHistory {

    /** Less than a download that nobody reads counts, so that of all owners its owner has the most. */
    private static final long OF_OTHERS = 100 << 10;

    /** As the architecture page has it. */
    private static final long UNSENT_MAX =
            Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 8);

    @Inject
    UnsentBytes unsent;

    @Test
    void cutsADownloadThatNobodyReadsWhereSocketsHoldTooMuch() throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead();
            try {
                while (true) {
                    exchange.chunk("x".repeat(64 << 10));
                }
            } catch (IOException cut) {
                // As it should be.
            }
        });
        List<UnsentBytes.Held> others = new ArrayList<>();
        try {
            while ((others.size() + 1) * OF_OTHERS <= 2 * UNSENT_MAX) {
                others.add(unsent.hold("other-" + others.size(), OF_OTHERS, () -> {}));
            }
            try (WireResponse unread = client().get("/v1/files/1", script.header())) {
                unread.head();

                assertTrue(script.done().isEmpty());
                unread.readAll();
                assertEquals(WireResponse.End.CUT, unread.end());
            }
        } finally {
            others.forEach(unsent::release);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/run",
        "GET, /v1/run/run_1?expand=a%20b",
        "GET, /v1/models?after=a;b&c;d=%3B",
        "PUT, /v1/agents/a%20b%3Fc",
        "PATCH, /v1/agents/x",
        "DELETE, /v1/threads/t",
        "POST, /v1/run/run_1/input",
        "POST, /v1/runs",
        "OPTIONS, /v1/run",
        "MKCOL, /v1/files"
    })
    void passesTheCallAndItsResponse(String method, String target) throws Exception {
        Scripted script = upstream.on(Script.json(202, "{\"ok\":1}", "X-Multi: 1", "x-ODD: Kept", "X-Multi: 2"));

        WireResponse response = client().send(
                        method,
                        target,
                        "any \u00e9 body".getBytes(UTF_8),
                        script.header(),
                        "X-API-Key: " + key,
                        "x-OdD: Kept",
                        "X-A: 1",
                        "X-A: 2");

        assertEquals("{\"ok\":1}", new String(response.whole(), UTF_8));
        assertEquals(202, response.status());
        assertEquals(List.of("1", "2"), response.head().values("X-Multi"));
        assertTrue(response.head().lines().contains("x-ODD: Kept"));
        ReceivedCall call = script.call();
        assertEquals(method, call.method());
        assertEquals(target, call.target());
        assertEquals("any \u00e9 body", new String(call.body(), UTF_8));
        assertTrue(call.lines().contains("x-OdD: Kept"), call.lines().toString());
        assertEquals(List.of("1", "2"), call.head().values("X-A"));
        assertEquals("127.0.0.1:" + upstream.port(), call.head().value("Host"));
        assertNoRun();
    }

    @Test
    void addsNothing() throws Exception {
        Scripted script = upstream.on(Script.json(200, "{}"));

        WireResponse response = client().get("/v1/models", script.header());

        response.whole();
        assertEquals(
                List.of("Content-Type: application/json", "Content-Length: 2"),
                response.head().lines());
        assertEquals(
                List.of("host: 127.0.0.1:" + upstream.port(), script.header().toLowerCase(Locale.ROOT)),
                script.call().lines().stream()
                        .map(line -> line.toLowerCase(Locale.ROOT))
                        .sorted()
                        .toList());
    }

    @ParameterizedTest
    @CsvSource({"60, 200", "80, 502"})
    void passesHeadersUpToSixtyFourKibibytes(int kibibytes, int status) throws Exception {
        List<String> headers = IntStream.range(0, kibibytes / 4)
                .mapToObj(i -> "X-Long-" + i + ": " + "v".repeat(4096 - 12))
                .toList();
        Scripted script = upstream.on(Script.json(200, "{}", headers.toArray(String[]::new)));

        WireResponse response = client().get("/v1/models", script.header());

        assertEquals(status, response.status());
        String body = new String(response.whole(), UTF_8);
        if (status == 200) {
            assertTrue(response.head().lines().containsAll(headers));
        } else {
            assertTrue(body.contains("\"upstream_invalid\""), body);
        }
    }

    @Test
    void touchesNoHeaderOfItsOwn() throws Exception {
        Scripted script = upstream.on(Script.json(200, "{}"));

        client().send(
                        "PUT",
                        "/v1/files/1",
                        new byte[0],
                        script.header(),
                        "Idempotency-Key: k",
                        "Runtape-Event-Ids: maybe",
                        "Runtape-Thread-Id: not fit",
                        "Runtape-Replay: match",
                        "Accept-Encoding: gzip")
                .whole();

        ReceivedCall call = script.call();
        assertEquals("k", call.head().value("Idempotency-Key"));
        assertEquals("maybe", call.head().value("Runtape-Event-Ids"));
        assertEquals("not fit", call.head().value("Runtape-Thread-Id"));
        assertEquals("match", call.head().value("Runtape-Replay"));
        assertEquals("gzip", call.head().value("Accept-Encoding"));
    }

    @Test
    void dropsHopByHopHeaders() throws Exception {
        Scripted script = upstream.on(Script.json(
                200, "{}", "Connection: X-Theirs", "X-Theirs: 1", "Proxy-Authenticate: Basic", "X-Public: 1"));

        WireResponse response = client().get(
                        "/v1/models",
                        script.header(),
                        "Connection: X-Mine",
                        "X-Mine: 1",
                        "TE: trailers",
                        "X-Public: 1");

        response.whole();
        assertFalse(script.call().head().has("X-Mine"));
        assertFalse(response.head().has("X-Theirs"));
        assertFalse(response.head().has("Proxy-Authenticate"));
        assertTrue(response.head().has("X-Public"));
    }

    @Test
    void passesAnswersToHead() throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.head(200, "Content-Type: text/plain", "Content-Length: 12345");
            exchange.isWhole();
        });

        WireResponse response = client().sendHead("HEAD", "/v1/files/1", script.header());

        assertEquals(200, response.status());
        assertEquals("12345", response.header("Content-Length"));
        assertEquals(0, response.whole().length);
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 304})
    void passesAnswersWithoutABody(int status) throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.head(status, "ETag: \"1\"");
            exchange.isWhole();
        });

        WireResponse response = client().get("/v1/files/1", script.header());

        assertEquals(status, response.status());
        assertEquals("\"1\"", response.header("ETag"));
        assertEquals(0, response.whole().length);
        assertFalse(response.head().has("Transfer-Encoding"), response.head().toString());
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 400, 404, 429, 500, 503})
    void passesAnyStatus(int status) throws Exception {
        Scripted script = upstream.on(Script.whole(status, "why".getBytes(UTF_8), "Location: /v1/other"));

        WireResponse response = client().get("/v1/run", script.header());

        assertEquals(status, response.status());
        assertEquals("why", new String(response.whole(), UTF_8));
        assertEquals("/v1/other", response.header("Location"));
    }

    @Test
    void passesALargeBodyUp() throws Exception {
        byte[] body = random(24 << 20);
        BlockingQueue<byte[]> digests = new LinkedBlockingQueue<>();
        Scripted script = upstream.onHead(exchange -> {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] some = new byte[64 << 10];
            for (int n = exchange.readBody(some); n >= 0; n = exchange.readBody(some)) {
                digest.update(some, 0, n);
            }
            digests.add(digest.digest());
            exchange.whole(200, new byte[0]);
        });

        WireResponse response = client().send("PUT", "/v1/files/1", body, script.header());

        assertEquals(200, response.status());
        assertArrayEquals(MessageDigest.getInstance("SHA-256").digest(body), digests.take());
        assertEquals(Integer.toString(body.length), script.call().head().value("Content-Length"));
    }

    @Test
    void passesABodyUpAsItComes() throws Exception {
        CountDownLatch came = new CountDownLatch(1);
        Scripted script = upstream.onHead(exchange -> {
            byte[] some = new byte[100];
            assertEquals(5, exchange.readBody(some));
            came.countDown();
            assertEquals(6, exchange.readBody(some));
            exchange.whole(200, new byte[0]);
        });

        WireResponse response = client().sendHead("PUT", "/v1/files/1", script.header(), "Transfer-Encoding: chunked");
        response.write("5\r\nfirst\r\n".getBytes(UTF_8));
        assertTrue(came.await(10, TimeUnit.SECONDS));
        response.write("6\r\nsecond\r\n0\r\n\r\n".getBytes(UTF_8));

        assertEquals(200, response.status());
        assertTrue(script.done().isEmpty());
    }

    /** The agent API must not take what came for the whole body. */
    @ParameterizedTest
    @ValueSource(strings = {"", "zz\r\n"})
    void breaksABodyOffThatBreaksOff(String unreadable) throws Exception {
        CountDownLatch came = new CountDownLatch(1);
        Scripted script = upstream.onHead(exchange -> {
            byte[] some = new byte[100];
            assertEquals(5, exchange.readBody(some));
            came.countDown();
            exchange.readBody(some);
        });

        WireResponse response = client().sendHead("PUT", "/v1/files/1", script.header(), "Transfer-Encoding: chunked");
        response.write("5\r\nfirst\r\n".getBytes(UTF_8));
        assertTrue(came.await(10, TimeUnit.SECONDS));
        if (unreadable.isEmpty()) {
            response.reset();
        } else {
            response.write(unreadable.getBytes(UTF_8));
        }

        assertInstanceOf(IOException.class, script.done().orElseThrow());
    }

    @Test
    void passesALargeBodyDown() throws Exception {
        byte[] body = random(24 << 20);
        Scripted script = upstream.on(Script.whole(200, body, "Content-Type: application/octet-stream"));

        WireResponse response = client().get("/v1/files/1", script.header());

        assertEquals(Integer.toString(body.length), response.header("Content-Length"));
        assertArrayEquals(body, response.whole());
    }

    @Test
    void passesAStreamDownAsItComes() throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk("data: 1\n\nda");
            read.await();
            exchange.chunk("ta: 2\n\n").end();
        });

        WireResponse response = client().get("/v1/run/run_1/events", script.header());
        assertEquals("data: 1\n\nda", new String(response.readUpTo(11), UTF_8));
        read.countDown();

        assertEquals("data: 1\n\ndata: 2\n\n", new String(response.whole(), UTF_8));
    }

    @Test
    void cutsTheClientOffWhereTheResponseBreaksOff() throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk("data: 1\n\n");
            read.await();
        });

        WireResponse response = client().get("/v1/run/run_1/events", script.header());
        response.readUpTo(9);
        read.countDown();

        assertEquals("data: 1\n\n", new String(response.readAll(), UTF_8));
        assertEquals(WireResponse.End.CUT, response.end());
    }

    @Test
    void cutsTheClientOffWhereAResponseWithoutALengthIsReset() throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.head(200, "Content-Type: text/plain").raw("half".getBytes(UTF_8));
            read.await();
            exchange.reset();
        });

        WireResponse response = client().get("/v1/files/1", script.header());
        response.readUpTo(4);
        read.countDown();

        assertEquals("half", new String(response.readAll(), UTF_8));
        assertEquals(WireResponse.End.CUT, response.end());
    }

    @Test
    void letsGoOfTheAgentApiWhenTheClientIsGone() throws Exception {
        Scripted script = upstream.on(Script.unended("data: 1\n\n"));

        WireResponse response = client().get("/v1/run/run_1/events", script.header());
        response.readUpTo(9);
        response.close();

        assertTrue(script.done().isEmpty());
    }

    @Test
    void ownsUpToAnAgentApiThatDoesNotAnswer() throws Exception {
        List<String> codes = new ArrayList<>();
        codes.add(code(client().get("/v1/models", upstream.on(exchange -> {}).header())));
        codes.add(code(client().get(
                        "/v1/models", upstream.on(exchange -> exchange.reset()).header())));
        codes.add(code(client().get(
                        "/v1/models",
                        upstream.on(exchange -> exchange.raw("no HTTP\r\n\r\n".getBytes(UTF_8)))
                                .header())));
        upstream.refuse();
        try {
            codes.add(code(client().get("/v1/models")));
        } finally {
            upstream.acceptAgain();
        }

        assertEquals(
                List.of(
                        "502 upstream_unreachable, not to be repeated",
                        "502 upstream_unreachable, not to be repeated",
                        "502 upstream_invalid, not to be repeated",
                        "502 upstream_unreachable"),
                codes);
    }

    private static String code(WireResponse response) throws Exception {
        JsonObject body = new JsonObject(new String(response.whole(), UTF_8));
        boolean once = response.head().values("x-should-retry").equals(List.of("false"));
        return response.status() + " " + body.getJsonObject("error").getString("code")
                + (once ? ", not to be repeated" : "");
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(7).nextBytes(bytes);
        return bytes;
    }
}
