package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.MeterRegistry;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.StoreLock;
import io.runtape.testsupport.WireResponse;
import jakarta.inject.Inject;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** No client ever holds a byte that the database does not, and no more is taken from the agent API than the database takes. */
abstract class DurableFirstTest extends RunningGateway {

    private static final Duration A_WHILE = Duration.ofMillis(700);
    /** What the buffers of two sockets may hold where the system lets them grow the most (tcp_rmem, tcp_wmem). */
    private static final long SOCKETS_HOLD = 48 << 20;

    /** A MiB of finished frames in the journal, and the buffers that were asked for before it was full. */
    private static final long GATEWAY_HOLDS = 4 << 20;

    @Inject
    MeterRegistry meters;

    @Test
    void storesEachByteBeforeTheClientHoldsIt() throws Exception {
        Random random = new Random(11);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead();
            for (int i = 0; i < 400; i++) {
                byte[] frames = ("data: " + "x".repeat(random.nextInt(300)) + "\n\n")
                        .repeat(1 + random.nextInt(5))
                        .getBytes(UTF_8);
                int cut = random.nextInt(frames.length);
                exchange.chunk(Arrays.copyOf(frames, cut)).chunk(Arrays.copyOfRange(frames, cut, frames.length));
                if (i % 20 == 0) {
                    // The agent thinks, so that single frames are committed as well as batches.
                    TimeUnit.MILLISECONDS.sleep(5);
                }
            }
            exchange.end();
        });

        WireResponse response = client().post("/v1/run", "{}", script.header());

        String runId = response.header("Runtape-Run-Id");
        RunRow atHead = table().run(runId);
        assertEquals(200, atHead.upstreamStatus());
        assertTrue(atHead.running() || atHead.frames() > 0);
        int checks = 0;
        while (response.readMore(2000)) {
            int held = response.held().length;
            long stored = table().storedBytes(runId);
            assertTrue(stored >= held, () -> "the client holds " + held + " bytes, the table " + stored);
            checks++;
        }
        assertEquals(WireResponse.End.WHOLE, response.end());
        assertTrue(checks > 20, "too few looks: " + checks);
        assertFalse(table().run(runId).running(), "the end came before it was stored");
        assertArrayEquals(table().bytes(runId), response.held());
    }

    @Test
    void callsTheAgentApiOnlyWhenTheRunIsStored() {
        RunTable.await("the run is stored", () -> {
            Scripted script = upstream.on(Script.stream("data: x\n\n"));
            WireResponse response;

            try (StoreLock lock = StoreLock.onRuns(store())) {
                response = client().post("/v1/run", "{}", script.header());

                assertTrue(response.isSilentFor(A_WHILE) || isRefused(response));
                assertTrue(script.isUncalled());
            }

            if (isRefused(response)) {
                return null;
            }
            script.call();
            assertEquals("data: x\n\n", new String(response.whole(), UTF_8));
            return true;
        });
    }

    /** As a call is for which the database has had no time; here only where the machine stood still for seconds. */
    private static boolean isRefused(WireResponse response) throws Exception {
        return response.status() == 503;
    }

    @Test
    void sendsTheHeadOnlyWhenItIsStored() throws Exception {
        CountDownLatch locked = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            locked.await();
            exchange.streamHead().chunk("data: x\n\n").end();
        });
        WireResponse response = client().post("/v1/run", "{}", script.header());
        script.call();

        try (StoreLock lock = StoreLock.onRuns(store())) {
            locked.countDown();
            assertTrue(response.isSilentFor(A_WHILE));
        }

        assertEquals("data: x\n\n", new String(response.whole(), UTF_8));
    }

    @Test
    void relaysOnlyCommittedFrames() throws Exception {
        CountDownLatch locked = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk("data: 1\n\n");
            locked.await();
            for (int i = 2; i <= 200; i++) {
                exchange.chunk("data: " + i + "\n\n");
            }
            exchange.end();
        });
        WireResponse response = client().post("/v1/run", "{}", script.header());
        response.readUpTo(9);

        try (StoreLock lock = StoreLock.onFrames(store())) {
            locked.countDown();
            assertTrue(response.isSilentFor(A_WHILE));
            assertTrue(script.done().isEmpty());
            assertTrue(response.isSilentFor(A_WHILE));
        }

        response.whole();
        assertTrue(response.text().endsWith("data: 200\n\n"));
        assertArrayEquals(table().bytes(response.header("Runtape-Run-Id")), response.held());
    }

    @Test
    void refusesNewRunsWhileTheStoreStalls() throws Exception {
        CountDownLatch locked = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk("data: 1\n\n");
            locked.await();
            exchange.chunk("data: 2\n\n").end();
        });
        Scripted other = upstream.on(Script.stream("data: other\n\n"));
        WireResponse response = client().post("/v1/run", "{}", script.header());
        response.readUpTo(9);

        try (StoreLock lock = StoreLock.onFrames(store())) {
            locked.countDown();
            WireResponse refused = RunTable.await("a new run is refused", () -> {
                WireResponse tried = client().post("/v1/run", "{}", other.header());
                return tried.isSilentFor(Duration.ofMillis(300)) ? null : tried;
            });

            assertEquals(503, refused.status());
            assertTrue(new String(refused.whole(), UTF_8).contains("\"store_unavailable\""));
        }

        assertEquals("data: 1\n\ndata: 2\n\n", new String(response.whole(), UTF_8));
    }

    @Test
    void readsNoMoreThanTheStoreTakes() throws Exception {
        byte[] chunk = ("data: " + "x".repeat(1016) + "\n\n").repeat(16).getBytes(UTF_8);
        int chunks = (64 << 20) / chunk.length;
        AtomicLong written = new AtomicLong();
        CountDownLatch locked = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk(chunk);
            locked.await();
            for (int i = 1; i < chunks; i++) {
                exchange.chunk(chunk);
                written.addAndGet(chunk.length);
            }
            exchange.end();
        });
        WireResponse response = client().post("/v1/run", "{}", script.header());
        response.readUpTo(chunk.length);

        try (StoreLock lock = StoreLock.onFrames(store())) {
            locked.countDown();
            long taken = steady(written);
            assertTrue(taken < SOCKETS_HOLD, "of 64 MiB were taken: " + taken);
            double held = meters.get("runtape.uncommitted.bytes").gauge().value();
            assertTrue(held < GATEWAY_HOLDS, "the gateway holds " + held + " bytes");
        }

        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        for (int i = 0; i < chunks; i++) {
            expected.writeBytes(chunk);
        }
        assertArrayEquals(expected.toByteArray(), response.whole());
        RunRow run = table().ended(response.header("Runtape-Run-Id"));
        assertEquals("completed", run.outcome());
        assertEquals((long) chunks * chunk.length, run.bytes());
    }

    /** The count once it has stood still for half a second. */
    private static long steady(AtomicLong count) {
        long[] last = {-1, System.nanoTime()};
        return Awaitility.await("the agent API is paused")
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(50))
                .until(
                        () -> {
                            long now = count.get();
                            if (now != last[0]) {
                                last[0] = now;
                                last[1] = System.nanoTime();
                            }
                            return System.nanoTime() - last[1] > TimeUnit.MILLISECONDS.toNanos(500) ? now : null;
                        },
                        found -> found != null);
    }
}
