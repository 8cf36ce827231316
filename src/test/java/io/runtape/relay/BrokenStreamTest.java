package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.sse.FrameKind;
import io.runtape.testsupport.Exchange;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunTable.FrameRow;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams that the agent API breaks off, and clients that go away. */
abstract class BrokenStreamTest extends RunningGateway {

    private static final String BROKEN = "data: 1\n\ndata: 2\n\ndata: unfini";

    /** How often is tried what comes out one way or the other, as threads happen to run. */
    private static final int AT_ONCE = 100;

    /** Breaks the stream off once the client has read what is complete of it. */
    private interface Breaking {
        void breakOff(Exchange exchange) throws Exception;
    }

    private void isCutAndKept(String[] headerLines, byte[] body, Breaking breaking) throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.head(200, headerLines).raw(body);
            read.await();
            breaking.breakOff(exchange);
        });

        WireResponse response = client().post("/v1/run", "{}", script.header());
        response.readUpTo(BROKEN.lastIndexOf("data"));
        read.countDown();

        assertEquals(200, response.status());
        assertEquals(BROKEN, new String(response.readAll(), UTF_8));
        assertEquals(WireResponse.End.CUT, response.end());
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("failed/upstream_closed", run.outcome());
        assertArrayEquals(BROKEN.getBytes(UTF_8), table().bytes(run.id()));
        List<FrameRow> frames = table().frames(run.id());
        // A part, where it has waited for its rest for too long.
        FrameKind last = frames.get(frames.size() - 1).kind();
        assertTrue(last == FrameKind.TAIL || last == FrameKind.PART, last::toString);
        assertEquals(3, run.lastSequence());
    }

    private void isCutAndKept(Breaking breaking) throws Exception {
        isCutAndKept(
                new String[] {"Content-Type: text/event-stream", "Transfer-Encoding: chunked"},
                (Integer.toHexString(BROKEN.length()) + "\r\n" + BROKEN + "\r\n").getBytes(UTF_8),
                breaking);
    }

    @Test
    void cutsTheClientOffWhereTheConnectionCloses() throws Exception {
        isCutAndKept(exchange -> {});
    }

    @Test
    void cutsTheClientOffWhereTheChunksAreGarbled() throws Exception {
        isCutAndKept(exchange -> {
            exchange.raw("zz\r\nnot a chunk\r\n".getBytes(UTF_8));
            exchange.awaitPeerGone();
        });
    }

    @Test
    void cutsTheClientOffWhereTheBodyIsShorterThanItsLength() throws Exception {
        isCutAndKept(
                new String[] {"Content-Type: text/event-stream", "Content-Length: " + (BROKEN.length() + 1)},
                BROKEN.getBytes(UTF_8),
                exchange -> {});
    }

    @Test
    void cutsTheClientOffWhereABodyWithoutALengthIsReset() throws Exception {
        isCutAndKept(new String[] {"Content-Type: text/event-stream"}, BROKEN.getBytes(UTF_8), Exchange::reset);
    }

    /** Head, body and break reach the gateway together, so that it may read all of them before it looks at any. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void keepsAndRelaysWhatCameWithTheHeadAndTheBreak(boolean byReset) throws Exception {
        String head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        String chunk = Integer.toHexString(BROKEN.length()) + "\r\n" + BROKEN + "\r\n";
        Scripted script = upstream.on(exchange -> {
            exchange.raw((head + chunk).getBytes(UTF_8));
            if (byReset) {
                exchange.reset();
            }
        });
        for (int i = 0; i < AT_ONCE; i++) {
            WireResponse response = client().post("/v1/run", "{}", script.header());

            String held = new String(response.readAll(), UTF_8);
            RunRow run = table().ended(response.header("Runtape-Run-Id"));
            assertEquals("failed/upstream_closed", run.outcome());
            assertEquals(200, response.status());
            assertEquals(WireResponse.End.CUT, response.end());
            assertEquals(BROKEN, new String(table().bytes(run.id()), UTF_8), "recorded of answer " + i);
            assertEquals(BROKEN, held, "relayed of answer " + i);
        }
    }

    /** The same, where the body is whole. */
    @Test
    void keepsAWholeResponseThatCameWithTheEndOfItsConnection() throws Exception {
        String head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
        Scripted script = upstream.on(exchange -> exchange.raw((head + BROKEN).getBytes(UTF_8)));
        for (int i = 0; i < AT_ONCE; i++) {
            WireResponse response = client().post("/v1/run", "{}", script.header());

            assertEquals(BROKEN, new String(response.whole(), UTF_8), "answer " + i);
            assertEquals(
                    "completed",
                    table().ended(response.header("Runtape-Run-Id")).outcome());
        }
    }

    @Test
    void cutsTheClientOffWhereTheConnectionIsReset() throws Exception {
        CountDownLatch read = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk("data: 1\n\n");
            read.await();
            exchange.reset();
        });

        WireResponse response = client().post("/v1/run", "{}", script.header());
        response.readUpTo(9);
        read.countDown();

        response.readAll();
        assertEquals("data: 1\n\n", response.text());
        assertEquals(WireResponse.End.CUT, response.end());
        assertEquals(
                "failed/upstream_closed",
                table().ended(response.header("Runtape-Run-Id")).outcome());
    }

    @Test
    void cutsTheClientOffWhereNothingOfTheBodyCame() throws Exception {
        Scripted script = upstream.on(Exchange::streamHead);

        WireResponse response = client().post("/v1/run", "{}", script.header());

        assertEquals(200, response.status());
        assertEquals(0, response.readAll().length);
        assertEquals(WireResponse.End.CUT, response.end());
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("failed/upstream_closed", run.outcome());
        assertEquals(0, run.frames());
    }

    @Test
    void cutsTheClientOffWhereAJsonResponseBreaksOff() throws Exception {
        Scripted script =
                upstream.on(exchange -> exchange.head(200, "Content-Type: application/json", "Content-Length: 100")
                        .raw("{\"data\":".getBytes(UTF_8)));

        WireResponse response = client().post("/v1/run", "{\"stream\":false}", script.header());

        assertEquals(200, response.status());
        assertEquals("{\"data\":", new String(response.readAll(), UTF_8));
        assertEquals(WireResponse.End.CUT, response.end());
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("failed/upstream_closed", run.outcome());
        assertArrayEquals("{\"data\":".getBytes(UTF_8), table().bytes(run.id()));
    }

    @Test
    void recordsOnWhenTheClientIsGone() throws Exception {
        goesOnWithoutClient(WireResponse::close);
    }

    @Test
    void recordsOnWhenTheClientIsKilled() throws Exception {
        goesOnWithoutClient(WireResponse::reset);
    }

    private interface Leaving {
        void leave(WireResponse response) throws Exception;
    }

    private void goesOnWithoutClient(Leaving leaving) throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk("data: 1\n\n");
            gone.await();
            for (int i = 2; i <= 500; i++) {
                exchange.chunk("data: " + i + "\n\n");
            }
            exchange.end();
        });

        WireResponse response = client().post("/v1/run", "{}", script.header());
        response.readUpTo(9);
        leaving.leave(response);
        gone.countDown();

        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("completed", run.outcome());
        assertEquals(500, run.events());
        assertTrue(script.done().isEmpty());
    }

    @Test
    void recordsOnWhenTheClientLeavesBeforeTheHead() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            gone.await();
            exchange.streamHead("X-Run-ID: up-left-early-" + store().engine())
                    .chunk("data: 1\n\n")
                    .end();
        });

        WireResponse response = client().post("/v1/run", "{\"prompt\":\"left early\"}", script.header());
        script.call();
        response.close();
        gone.countDown();

        RunRow run = RunTable.await(
                "the run ends",
                () -> table().runs().stream()
                        .filter(r -> "left early".equals(r.prompt()) && !r.running())
                        .findFirst()
                        .orElse(null));
        assertEquals("completed", run.outcome());
        assertArrayEquals("data: 1\n\n".getBytes(UTF_8), table().bytes(run.id()));
    }

    @Test
    void notesACancelThatPasses() throws Exception {
        CountDownLatch cancelled = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead("X-Run-ID: up-cancel-1").chunk("data: 1\n\n");
            cancelled.await();
            exchange.end();
        });
        Scripted cancel = upstream.on(exchange -> {
            exchange.whole(202, "{\"ok\":true}".getBytes(UTF_8), "Content-Type: application/json");
            cancelled.countDown();
        });

        WireResponse response = client().post("/v1/run", "{}", script.header());
        response.readUpTo(9);
        WireResponse cancelling = client().post("/v1/run/up-cancel-1/cancel", "{}", cancel.header());

        assertEquals(202, cancelling.status());
        assertEquals("{\"ok\":true}", new String(cancelling.whole(), UTF_8));
        response.whole();
        assertEquals(
                "cancelled/cancel_requested",
                table().ended(response.header("Runtape-Run-Id")).outcome());
    }

    @Test
    void keepsTheNoteOfACancelWhoseCallerLeavesBeforeItsResponse() throws Exception {
        CountDownLatch left = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead("X-Run-ID: up-cancel-left").chunk("data: 1\n\n");
            left.await();
            exchange.end();
        });
        Scripted cancel = upstream.on(exchange -> {
            exchange.awaitPeerGone();
            left.countDown();
        });

        WireResponse response = client().post("/v1/run", "{}", script.header());
        response.readUpTo(9);
        WireResponse cancelling = client().post("/v1/run/up-cancel-left/cancel", "{}", cancel.header());
        cancel.call();
        cancelling.close();

        response.whole();
        assertEquals(
                "cancelled/cancel_requested",
                table().ended(response.header("Runtape-Run-Id")).outcome());
    }

    @Test
    void forgetsACancelThatWasRefused() throws Exception {
        CountDownLatch refused = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead("X-Run-ID: up-cancel-2").chunk("data: 1\n\n");
            refused.await();
            exchange.end();
        });
        Scripted cancel = upstream.on(Script.json(403, "{}"));

        WireResponse response = client().post("/v1/run", "{}", script.header());
        response.readUpTo(9);
        client().post("/v1/run/up-cancel-2/cancel", "{}", cancel.header()).whole();
        refused.countDown();

        response.whole();
        assertEquals(
                "completed", table().ended(response.header("Runtape-Run-Id")).outcome());
    }

    @Test
    void notesNoCancelOfAnotherOwner() throws Exception {
        CountDownLatch passed = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead("X-Run-ID: up-cancel-3").chunk("data: 1\n\n");
            passed.await();
            exchange.end();
        });
        Scripted cancel = upstream.on(Script.json(202, "{}"));

        WireResponse response = client().post("/v1/run", "{}", script.header(), "X-API-Key: one");
        response.readUpTo(9);
        client().post("/v1/run/up-cancel-3/cancel", "{}", cancel.header(), "X-API-Key: two")
                .whole();
        passed.countDown();

        response.whole();
        assertEquals(
                "completed", table().ended(response.header("Runtape-Run-Id")).outcome());
    }
}
