package io.runtape.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.ShortBounds;
import io.runtape.testsupport.WireResponse;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Connections of tails end when they are too old, and those of calls do not. */
abstract class ConnectionAgeTest extends RunningGateway {

    private static final String STREAM = "Accept: text/event-stream";
    private static final String COME_BACK = "retry: 1000\n\n";

    private final String key = "X-API-Key: old-" + UUID.randomUUID();

    @Test
    void endsOldTailsInGoodOrderAndTheyGoOn() throws Exception {
        CountDownLatch enough = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk("data: 1\n\n");
            while (!enough.await(500, TimeUnit.MILLISECONDS)) {
                exchange.chunk(": beat\n\n");
            }
            exchange.chunk("data: 2\n\n").end();
        });
        String thread = "thr_" + UUID.randomUUID();
        try (WireResponse live = client().post(
                        ShortBounds.PATIENT_PATH,
                        "{}",
                        script.header(),
                        key,
                        "Runtape-Event-Ids: true",
                        "Runtape-Thread-Id: " + thread)) {
            live.readUpTo("data: 1\nid: 1\n\n".length());
            String run = "/history/v1/runs/" + live.header("Runtape-Run-Id") + "/events";
            String ofThread = "/history/v1/threads/" + thread + "/events";
            String last;
            String lastOfThread;
            try (WireResponse tail = client().get(run, STREAM, key);
                    WireResponse threadTail = client().get(ofThread, STREAM, key);
                    WireResponse verbatim = client().get(run + "?verbatim=true", STREAM, key)) {
                last = lastId(new String(tail.whole(), UTF_8));
                lastOfThread = lastId(new String(threadTail.whole(), UTF_8));
                enough.countDown();
                assertTrue(new String(verbatim.whole(), UTF_8).endsWith("data: 2\n\n"), "it is not cut");
            }
            String whole = new String(live.whole(), UTF_8);
            assertTrue(whole.startsWith("data: 1\nid: 1\n\n") && whole.contains("data: 2\nid: "), whole);

            try (WireResponse rest = client().get(run, STREAM, key, "Last-Event-ID: " + last);
                    WireResponse waiting = client().get(ofThread, STREAM, key, "Last-Event-ID: " + lastOfThread)) {
                String ofRun = new String(rest.whole(), UTF_8);
                assertTrue(ofRun.contains("data: 2\nid: ") && ofRun.contains("event: runtape.end"), ofRun);
                // It waits for the thread's next run, and comes back from there too.
                String all = new String(waiting.whole(), UTF_8);
                assertTrue(all.contains("event: runtape.end"), all);
                lastId(all);
            }
        }
    }

    /** The last id of a stream that was cut for its age, between frames. */
    private static String lastId(String stream) {
        assertTrue(stream.endsWith("\n\n" + COME_BACK), stream);
        String[] ids = stream.split("\nid: ");
        String last = ids[ids.length - 1];
        assertEquals(1, stream.split("retry:").length - 1, stream);
        return last.substring(0, last.indexOf('\n'));
    }
}
