package io.runtape.hostile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Questions to the history whose answers take much memory, many of them at once, and some that nobody reads. */
abstract class HostileResponsesIT extends UnderAttack {

    private static final int MIB = 1 << 20;
    private static final int RUN_BYTES = 31 * MIB;
    private static final int AT_ONCE = 8;
    private static final int UNREAD = 40;
    private static final String KEY = "X-API-Key: asking";

    /** The heap, as much again for the buffers of sockets, and what a JVM has besides. */
    private static final long MEMORY_MAX = 768L * MIB;

    private final ExecutorService askers = Executors.newCachedThreadPool();

    @AfterAll
    void stopAskers() {
        askers.shutdownNow();
    }

    private String run(Script script) throws IOException {
        try (WireResponse response =
                client().post("/v1/run", "{}", upstream.on(script).header(), KEY)) {
            assertEquals(WireResponse.End.WHOLE, response.passOn(OutputStream.nullOutputStream()));
            return response.header("Runtape-Run-Id");
        }
    }

    /** A long text, typed out by deltas. */
    private static Script talk() {
        return exchange -> {
            exchange.streamHead();
            String delta = "event: assistant_message_delta\ndata: {\"delta\":\"" + "word ".repeat(6_000) + "\"}\n\n";
            for (int sent = 0; sent < RUN_BYTES; sent += delta.length()) {
                exchange.chunk(delta);
            }
            exchange.end();
        };
    }

    /** Long events, each close to the length up to which one is read. */
    private static Script longEvents() {
        return exchange -> {
            exchange.streamHead();
            for (int i = 0; i < 4; i++) {
                exchange.chunk("event: note\ndata: [");
                for (int sent = 0; sent < 7 * MIB; sent += MIB) {
                    exchange.chunk("{},".repeat(MIB / 3));
                }
                exchange.chunk("{}]\n\n");
            }
            exchange.end();
        };
    }

    /**
     * Asks so many times at once, and later again, as clients do, if none of the responses was whole: all the memory may be in use
     * for indexing the run, which a crowded machine does for longer than a request waits.
     */
    private void askAtOnce(String target) throws Exception {
        int whole = RunTable.await("a whole response", PATIENCE, () -> {
            int now = wholeOfAskedAtOnce(target);
            return now > 0 ? now : null;
        });
        System.out.printf("%s: %d of %d whole%n", target, whole, AT_ONCE);
    }

    /** Each response is whole, or says that it is to be asked for later. Returns how many were whole. */
    private int wholeOfAskedAtOnce(String target) throws Exception {
        List<Future<Integer>> asked = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            asked.add(askers.submit(() -> {
                try (WireResponse response = client().get(target, KEY)) {
                    int status = response.status();
                    if (status == 503) {
                        assertTrue(new String(response.whole(), UTF_8).contains("\"overloaded\""));
                        assertNotNull(response.header("Retry-After"));
                    } else {
                        assertEquals(200, status);
                        assertEquals(WireResponse.End.WHOLE, response.passOn(OutputStream.nullOutputStream()));
                    }
                    return status;
                }
            }));
        }
        int whole = 0;
        for (Future<Integer> each : asked) {
            whole += each.get(PATIENCE.toSeconds(), TimeUnit.SECONDS) == 200 ? 1 : 0;
        }
        assertTrue(gateway.peakMemory() < MEMORY_MAX, gateway.peakMemory() / MIB + " MiB");
        return whole;
    }

    @Test
    void transcriptsOfLongRunsAtOnceShareTheMemory() throws Exception {
        String runId = run(talk());

        askAtOnce("/history/v1/runs/" + runId + "/transcript");
    }

    @Test
    void transcriptsOfLongEventsAtOnceShareTheMemory() throws Exception {
        String runId = run(longEvents());

        askAtOnce("/history/v1/runs/" + runId + "/transcript");
    }

    @Test
    void pagesOfLongEventsAtOnceShareTheMemory() throws Exception {
        String runId = run(longEvents());

        askAtOnce("/history/v1/runs/" + runId + "/events");
    }

    @Test
    void answersThatNobodyReadsKeepNobodyElseWaiting() throws Exception {
        String runId = run(longEvents());
        List<WireResponse> unread = new ArrayList<>();
        for (int i = 0; i < UNREAD; i++) {
            unread.add(client().get("/history/v1/runs/" + runId + "/events", KEY));
        }
        for (int i = 0; i < 20; i++) {
            try (WireResponse runs = client().get("/history/v1/runs", "X-API-Key: bystander")) {
                assertEquals(200, runs.status());
                runs.whole();
            }
        }
        for (WireResponse each : unread) {
            each.close();
        }
    }
}
