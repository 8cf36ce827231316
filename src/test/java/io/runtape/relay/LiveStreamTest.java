package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** A stream passes as it is, and is recorded as it passes. */
abstract class LiveStreamTest extends RunningGateway {

    @Test
    void relaysAndRecordsAStream() throws Exception {
        String stream = "event: start\ndata: {}\n\n: beat\n\ndata: 1\nid: x\n\ndata: unfinished";
        Scripted script = upstream.on(
                Script.stream("event: start\nda", "ta: {}\n\n: beat\n\ndata: 1\nid: x\n\n", "data: unfinished"));

        WireResponse response = client().post("/v1/run", "{\"prompt\":\"hello\"}", script.header());

        assertEquals(200, response.status());
        assertEquals(stream, new String(response.whole(), UTF_8));
        String runId = response.header("Runtape-Run-Id");
        RunRow run = table().ended(runId);
        assertEquals("completed", run.outcome());
        assertEquals("hello", run.prompt());
        // More than these where the rest of a frame comes so late that it is kept in parts.
        assertTrue(run.frames() >= 4, "" + run.frames());
        assertEquals(2, run.events());
        assertArrayEquals(stream.getBytes(UTF_8), table().bytes(runId));
        assertArrayEquals(
                LongStream.rangeClosed(1, run.frames()).toArray(),
                table().frames(runId).stream().mapToLong(f -> f.sequence()).toArray());
    }
}
