package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.sse.ReferenceParser;
import io.runtape.sse.ServerSentEvent;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** A client slower than the recording slows nobody and misses nothing. */
abstract class SlowReaderTest extends RunningGateway {

    private static final int FRAMES = 24_000;

    private static byte[] frame(int i) {
        return ("event: token\ndata: " + i + " " + "y".repeat(1000) + "\n\n").getBytes(UTF_8);
    }

    private Scripted flood() {
        return upstream.on(exchange -> {
            exchange.streamHead();
            for (int i = 0; i < FRAMES; ) {
                ByteArrayOutputStream chunk = new ByteArrayOutputStream();
                for (int n = 0; n < 20 && i < FRAMES; n++) {
                    chunk.writeBytes(frame(i++));
                }
                exchange.chunk(chunk.toByteArray());
            }
            exchange.end();
        });
    }

    @Test
    void getsEveryByteLongAfterTheRunHasEnded() throws Exception {
        Scripted script = flood();

        WireResponse response = client().post("/v1/run", "{}", script.header());
        String runId = response.header("Runtape-Run-Id");
        RunRow run = table().ended(runId);
        int heldAtTheEnd = response.held().length;

        assertEquals("completed", run.outcome());
        assertEquals(FRAMES, run.events());
        assertEquals(0, heldAtTheEnd);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        for (int i = 0; i < FRAMES; i++) {
            expected.writeBytes(frame(i));
        }
        assertArrayEquals(expected.toByteArray(), response.whole());
    }

    @Test
    void getsEveryIdLongAfterTheRunHasEnded() throws Exception {
        Scripted script = flood();

        WireResponse response = client().post("/v1/run", "{}", script.header(), "Runtape-Event-Ids: true");
        table().ended(response.header("Runtape-Run-Id"));

        List<ServerSentEvent> events = ReferenceParser.parse(response.whole()).events();
        assertArrayEquals(
                LongStream.rangeClosed(1, FRAMES).toArray(),
                events.stream().mapToLong(e -> Long.parseLong(e.lastEventId())).toArray());
    }

    @Test
    void slowsNoOtherRun() throws Exception {
        Scripted slow = flood();
        WireResponse unread = client().post("/v1/run", "{}", slow.header());
        unread.head();

        Scripted script = flood();
        WireResponse response = client().post("/v1/run", "{}", script.header());

        response.whole();
        assertEquals("completed", table().ended(unread.header("Runtape-Run-Id")).outcome());
        unread.reset();
    }
}
