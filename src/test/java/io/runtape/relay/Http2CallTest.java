package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.Http2Client;
import io.runtape.testsupport.LogListener;
import io.runtape.testsupport.ReceivedCall;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import java.io.IOException;
import java.net.URI;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls that come over HTTP/2, where a body needs no length and a connection carries many calls. */
abstract class Http2CallTest extends RunningGateway {

    private static final String KEY = "X-API-Key: multiplexed";
    private static final String JSON = "Content-Type: application/json";

    /** What warns of a machine that stands still, and of gateways that earlier tests have left. */
    private static final Set<String> WATCHES = Set.of(
            "io.vertx.core.impl.BlockedThreadChecker", "io.runtape.server.loop.LoopWatch", "io.runtape.cluster.Nodes");

    private Http2Client http2;

    @BeforeEach
    void connect() throws Exception {
        http2 = new Http2Client(URI.create(url()).getPort());
    }

    @AfterEach
    void disconnect() throws Exception {
        http2.close();
    }

    // ---- Bodies without a length

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "GET", "DELETE"})
    void passesABodyWithoutALength(String method) throws Exception {
        Scripted script = upstream.on(Script.json(200, "{}"));

        int call = http2.request(method, "/v1/files", false, KEY, script.header());
        http2.data(call, "one ".getBytes(UTF_8), false);
        http2.data(call, "two".getBytes(UTF_8), true);

        assertEquals(200, http2.answer(call).status());
        assertEquals("one two", new String(script.call().body(), UTF_8));
    }

    @Test
    void passesABodyWithoutALengthAsItComes() throws Exception {
        CountDownLatch came = new CountDownLatch(1);
        Scripted script = upstream.onHead(exchange -> {
            byte[] some = new byte[100];
            assertEquals(5, exchange.readBody(some));
            came.countDown();
            assertEquals(6, exchange.readBody(some));
            exchange.whole(200, new byte[0]);
        });

        int call = http2.request("PUT", "/v1/files/1", false, KEY, script.header());
        http2.data(call, "first".getBytes(UTF_8), false);
        assertTrue(came.await(10, TimeUnit.SECONDS));
        http2.data(call, "second".getBytes(UTF_8), true);

        assertEquals(200, http2.answer(call).status());
        assertTrue(script.done().isEmpty());
    }

    /** What has come is no whole body: the agent API must not take it for one. */
    @Test
    void breaksABodyOffThatItsClientBreaksOff() throws Exception {
        CountDownLatch came = new CountDownLatch(1);
        Scripted script = upstream.onHead(exchange -> {
            byte[] some = new byte[100];
            assertEquals(5, exchange.readBody(some));
            came.countDown();
            exchange.readBody(some);
        });

        int call = http2.request("PUT", "/v1/files/1", false, KEY, script.header());
        http2.data(call, "first".getBytes(UTF_8), false);
        assertTrue(came.await(10, TimeUnit.SECONDS));
        http2.reset(call, 8);

        assertInstanceOf(IOException.class, script.done().orElse(null), "the body has an end");
    }

    @Test
    void keepsTheConnectionToTheAgentApiForTheNextCall() throws Exception {
        // The scripted agent API has a thread for each connection.
        Queue<Thread> connections = new ConcurrentLinkedQueue<>();
        Scripted script = upstream.on(exchange -> {
            connections.add(Thread.currentThread());
            exchange.whole(200, "{}".getBytes(UTF_8));
        });

        for (int i = 0; i < 3; i++) {
            int call = http2.request("GET", "/v1/models", true, KEY, script.header());
            assertEquals("{}", http2.answer(call).text());
        }

        assertEquals(3, connections.size());
        assertEquals(1, Set.copyOf(connections).size());
    }

    @Test
    void makesNoCallWhoseClientLeftBeforeThereWasAConnection() throws Exception {
        Scripted script = upstream.onHead(Script.silence());
        try {
            upstream.keepWaiting(() -> {
                int call = http2.request("PUT", "/v1/files/1", false, KEY, script.header());
                http2.data(call, "first".getBytes(UTF_8), false);
                http2.reset(call, 8);
                // Answered once the reset has been read.
                return http2.answer(http2.request("GET", "/history/v1/runs", true, KEY));
            });
            await().until(upstream::hasConnection);

            Scripted next = upstream.on(Script.json(200, "{}"));
            int call = http2.request("GET", "/v1/models", true, KEY, next.header());
            assertEquals(200, http2.answer(call).status());
        } finally {
            upstream.refuse();
            upstream.acceptAgain();
        }
        assertTrue(script.isUncalled());
    }

    @Test
    void makesNoBodyOfNone() throws Exception {
        Scripted script = upstream.on(Script.json(200, "{}"));

        int atOnce = http2.request("GET", "/v1/models", true, KEY, script.header());
        assertEquals(200, http2.answer(atOnce).status());
        int later = http2.request("POST", "/v1/run/run_1/input", false, KEY, script.header());
        http2.data(later, new byte[0], true);
        assertEquals(200, http2.answer(later).status());

        ReceivedCall first = script.call();
        assertFalse(first.head().has("Transfer-Encoding"), first.lines().toString());
        assertEquals(0, script.call().body().length);
    }

    @Test
    void recordsACallWhoseBodyHasNoLength() throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));

        int call = http2.request("POST", "/v1/run", false, KEY, JSON, script.header());
        http2.data(call, "{\"prompt\":".getBytes(UTF_8), false);
        http2.data(call, "\"over two\"}".getBytes(UTF_8), true);

        Http2Client.Answer response = http2.answer(call);
        assertEquals("data: x\n\n", response.text());
        assertEquals(
                "over two", table().ended(response.header("runtape-run-id")).prompt());
        assertArrayEquals(
                "{\"prompt\":\"over two\"}".getBytes(UTF_8), script.call().body());
    }

    @Test
    void takesBodiesForTheHistory() throws Exception {
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        int run = http2.request("POST", "/v1/run", false, KEY, JSON, script.header());
        http2.data(run, "{\"threadId\":\"bodies\"}".getBytes(UTF_8), true);
        table().ended(http2.answer(run).header("runtape-run-id"));

        int change = http2.request("PATCH", "/history/v1/threads/bodies", false, KEY, JSON);
        http2.data(change, "{\"title\":".getBytes(UTF_8), false);
        http2.data(change, "\"Two\"}".getBytes(UTF_8), true);
        int ticket = http2.request("POST", "/history/v1/tickets", false, KEY, JSON, "Content-Length: 21");
        http2.data(ticket, "{\"threadId\":\"bodies\"}".getBytes(UTF_8), true);

        Http2Client.Answer changed = http2.answer(change);
        assertEquals(200, changed.status(), changed.text());
        assertTrue(changed.text().contains("\"title\":\"Two\""), changed.text());
        assertEquals(201, http2.answer(ticket).status());
    }

    @Test
    void joinsThePiecesOfACookie() throws Exception {
        Scripted script = upstream.on(Script.json(200, "{}"));

        int call = http2.request("GET", "/v1/models", true, "Cookie: a=1", "Cookie: b=2", script.header());

        assertEquals(200, http2.answer(call).status());
        assertEquals("a=1; b=2", script.call().head().value("Cookie"));
    }

    // ---- Targets that HTTP/1 could not carry

    @ParameterizedTest
    @ValueSource(strings = {"/v1/run HTTP/1.1\r\nX-Smuggled: 1\r\n\r\n", "/v1/a b", "/v1/models\u0000"})
    void refusesATargetThatWouldBreakTheNextHop(String path) throws Exception {
        Scripted script = upstream.on(Script.json(200, "{}"));

        int call = http2.request("GET", path, true, KEY, script.header());

        assertEquals(400, http2.answer(call).status());
        assertTrue(script.isUncalled());
    }

    // ---- One call among many

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 1073741825", "Content-Length: 17000000", "X-No: length"})
    void refusesATooLargeBodyAndNothingElse(String length) throws Exception {
        CountDownLatch refused = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk("data: 1\n\n");
            refused.await();
            exchange.chunk("data: 2\n\n").end();
        });
        int live = http2.request("POST", "/v1/run", false, KEY, JSON, script.header());
        http2.data(live, "{}".getBytes(UTF_8), true);
        assertEquals("data: 1\n\n", http2.readUpTo(live, 9).text());

        int large = http2.request("POST", "/v1/run", false, KEY, JSON, length);
        if (length.startsWith("X-")) {
            http2.send(large, 17 << 20);
        } else {
            http2.data(large, new byte[16 << 10], false);
        }
        assertEquals(413, http2.answer(large).status());
        assertNotNull(http2.awaitReset(large));
        refused.countDown();

        assertEquals("data: 1\n\ndata: 2\n\n", http2.answer(live).text());
        int next = http2.request("GET", "/history/v1/runs", true, KEY);
        assertEquals(200, http2.answer(next).status());
        int upload = http2.request(
                "PUT",
                "/v1/files",
                false,
                KEY,
                upstream.on(Script.json(200, "{}")).header());
        http2.data(upload, new byte[16 << 10], true);
        assertEquals(200, http2.answer(upload).status(), "the connection's window is used up");
    }

    @Test
    void logsNoErrorOfAStreamThatIsReset() throws Exception {
        Queue<String> logged = new ConcurrentLinkedQueue<>();
        Handler listening = new LogListener(entry -> {
            if (entry.getLevel().intValue() >= Level.WARNING.intValue() && !WATCHES.contains(entry.getLoggerName())) {
                logged.add(entry.getLoggerName() + " " + entry.getMessage() + " " + entry.getThrown());
            }
        });
        Logger root = Logger.getLogger("");
        root.addHandler(listening);
        try {
            Scripted script = upstream.on(Script.unended("data: 1\n\n"));
            Scripted silent = upstream.on(Script.silence());
            for (int i = 0; i < 10; i++) {
                int unfinished = http2.request("POST", "/v1/run", false, KEY, JSON);
                http2.data(unfinished, "{".getBytes(UTF_8), false);
                int read = http2.request("GET", "/v1/run/r/events", true, KEY, script.header());
                http2.readUpTo(read, 9);
                int unanswered = http2.request("GET", "/v1/models", true, KEY, silent.header());
                silent.call();
                int recorded = http2.request(
                        "POST", "/v1/run", false, KEY, JSON, "Runtape-On-Disconnect: cancel", silent.header());
                http2.data(recorded, "{}".getBytes(UTF_8), true);
                silent.call();
                int upload = http2.request("POST", "/v1/files", false, KEY, silent.header());
                http2.data(upload, "{".getBytes(UTF_8), false);
                for (int stream : new int[] {unfinished, read, unanswered, recorded, upload}) {
                    http2.reset(stream, Http2Client.CANCEL);
                }
                int next = http2.request("GET", "/history/v1/runs", true, KEY);
                assertEquals(200, http2.answer(next).status());
            }
        } finally {
            root.removeHandler(listening);
        }
        assertNull(logged.peek(), () -> logged.size() + " lines: " + logged);
    }
}
