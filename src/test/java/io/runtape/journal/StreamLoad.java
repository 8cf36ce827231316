package io.runtape.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.Exchange;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.Noise;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunTable.FrameSum;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;

/**
 * Many live runs at once: an agent API that says what it has to say as fast as it is let, or in a steady pace until it is told
 * to end, and clients that read all of it. Holds no bytes, only their sums, so that it may be larger than the memory.
 */
final class StreamLoad implements AutoCloseable {

    /** Whose runs these are. */
    static final String CREDENTIAL = "X-API-Key: outage";

    /** How long a client may have to wait for the end of its run. */
    private static final Duration END = Duration.ofMinutes(3);

    /** The length of each frame of the load. */
    static final int FRAME_BYTES = 1000;

    private static final long PROGRESS_FRAMES = 10;

    private final GatewayProcess gateway;
    private final long bytesEach;
    private final Duration pause;
    private final ExecutorService clients = Executors.newCachedThreadPool();
    private final CountDownLatch speak = new CountDownLatch(1);
    private final CountDownLatch finish = new CountDownLatch(1);
    private final List<Streamed> runs = new ArrayList<>();

    private StreamLoad(GatewayProcess gateway, long bytesEach, Duration pause) {
        this.gateway = gateway;
        this.bytesEach = bytesEach;
        this.pause = pause;
    }

    /** Runs of so many bytes each, said as fast as they are taken once {@link #speak} is called. */
    static StreamLoad ofBytes(GatewayProcess gateway, ScriptedUpstream upstream, int runs, long bytesEach) {
        return new StreamLoad(gateway, bytesEach, Duration.ZERO).begin(upstream, runs);
    }

    /** Runs that say a frame after each pause once {@link #speak} is called, until {@link #finish}. */
    static StreamLoad inPace(GatewayProcess gateway, ScriptedUpstream upstream, int runs, Duration pause) {
        return new StreamLoad(gateway, Long.MAX_VALUE, pause).begin(upstream, runs);
    }

    /** Returns when each client holds the first frame of its run. */
    private StreamLoad begin(ScriptedUpstream upstream, int count) {
        for (int i = 0; i < count; i++) {
            runs.add(new Streamed(upstream, i));
        }
        for (Streamed run : runs) {
            run.read = clients.submit(run::read);
        }
        Awaitility.await("all runs have begun")
                .atMost(ScriptedUpstream.PATIENCE)
                .until(() -> runs.stream().allMatch(run -> run.held.bytes() > 0));
        return this;
    }

    /** Lets the agent API go on after the first frame of each run. */
    void speak() {
        speak.countDown();
    }

    /** Lets the agent API end runs that go in pace. */
    void finish() {
        finish.countDown();
    }

    /** Bytes that the agent API could send so far, the system's buffers included. */
    long said() {
        return runs.stream().mapToLong(run -> run.said.bytes()).sum();
    }

    /** Bytes that clients hold. */
    long held() {
        return runs.stream().mapToLong(run -> run.held.bytes()).sum();
    }

    /** Waits until each client has got some more. */
    void awaitProgress() {
        List<Long> before = runs.stream().map(run -> run.held.bytes()).toList();
        Awaitility.await("all runs go on")
                .atMost(ScriptedUpstream.PATIENCE)
                .until(() -> runs.stream()
                        .allMatch(run -> run.held.bytes() > before.get(run.number) + PROGRESS_FRAMES * FRAME_BYTES));
    }

    List<Streamed> runs() {
        return runs;
    }

    /** Waits until the agent API can write no more for a second. */
    void awaitNothingSaid() {
        long[] last = {-1};
        Awaitility.await("the agent API is not read")
                .atMost(ScriptedUpstream.PATIENCE)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> {
                    long before = last[0];
                    last[0] = said();
                    return before == last[0];
                });
    }

    /** Waits for the ends of all responses. */
    void awaitEnds() throws Exception {
        long until = System.nanoTime() + END.toNanos();
        for (Streamed run : runs) {
            run.end = run.read.get(until - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
    }

    /** Each run has come to its end, and agent API, table and client have the same bytes of it, the table in sequence. */
    void assertWhole(RunTable table) throws Exception {
        for (Streamed run : runs) {
            FrameSum stored = table.sum(run.id);
            assertEquals(WireResponse.End.WHOLE, run.end, () -> run + " stored " + stored);
            RunRow row = table.ended(run.id);
            assertEquals("completed", row.outcome(), run::toString);
            assertTrue(stored.inSequence(), () -> run + " stored " + stored);
            assertEquals(row.lastSequence(), stored.last());
            assertEquals(run.said.bytes(), stored.bytes(), run::toString);
            assertEquals(run.said.sha256(), stored.sha256(), run::toString);
            assertEquals(run.said.sha256(), run.held.sha256(), run::toString);
        }
    }

    /** What the client holds of a run is what the table begins with; for runs short enough to be read. */
    void assertHoldsPrefix(Streamed run, RunTable table) throws Exception {
        byte[] stored = table.bytes(run.id);
        int length = (int) run.held.bytes();
        assertTrue(length <= stored.length, () -> run + ", stored " + stored.length);
        Sum begins = new Sum();
        begins.write(stored, 0, length);
        assertEquals(begins.sha256(), run.held.sha256(), run::toString);
    }

    @Override
    public void close() {
        speak();
        finish();
        clients.shutdownNow();
    }

    /** One of the runs. */
    final class Streamed {

        private final int number;
        private final Scripted script;
        private final Sum said = new Sum();
        private final Sum held = new Sum();
        private Future<WireResponse.End> read;
        private volatile String id;
        private WireResponse.End end;

        private Streamed(ScriptedUpstream upstream, int number) {
            this.number = number;
            this.script = upstream.on(this::answer);
        }

        private void answer(Exchange exchange) throws Exception {
            exchange.sendBuffer(64 << 10).streamHead();
            say(exchange, 0);
            speak.await();
            for (int i = 1; said.bytes() < bytesEach && !finish.await(pause.toNanos(), TimeUnit.NANOSECONDS); i++) {
                say(exchange, i);
            }
            exchange.end();
        }

        private void say(Exchange exchange, int i) throws IOException {
            byte[] frame = frame(i);
            exchange.chunk(frame);
            said.write(frame, 0, frame.length);
        }

        private byte[] frame(int i) {
            String begins = "event: token\ndata: run " + number + " says " + i + " ";
            // Large blocks are compressed: what is to fill a disk or a memory must not repeat itself.
            String noise = Noise.text(FRAME_BYTES - begins.length() - 2, (long) number << 32 | i);
            return (begins + noise + "\n\n").getBytes(UTF_8);
        }

        private WireResponse.End read() throws IOException {
            String request = "{\"prompt\":\"" + number + "\"}";
            try (WireResponse response = gateway.client().post("/v1/run", request, CREDENTIAL, script.header())) {
                assertEquals(200, response.status());
                id = response.header("Runtape-Run-Id");
                return response.passOn(held);
            }
        }

        /** The run's id. */
        String id() {
            return id;
        }

        /** How its response ended for the client. */
        WireResponse.End end() {
            return end;
        }

        /** What the client holds. */
        Sum held() {
            return held;
        }

        /** How the agent API answers. */
        Scripted script() {
            return script;
        }

        @Override
        public String toString() {
            return "run " + number + " (" + id + "), said " + said.bytes() + " bytes, held " + held.bytes() + ", "
                    + end;
        }
    }

    /** The length and the hash of bytes that pass. Written by one thread; the length is safe for any. */
    static final class Sum extends OutputStream {

        private final DigestOutputStream digest;
        private final AtomicLong bytes = new AtomicLong();
        private String sha256;

        private Sum() {
            try {
                digest = new DigestOutputStream(nullOutputStream(), MessageDigest.getInstance("SHA-256"));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] from, int at, int length) throws IOException {
            digest.write(from, at, length);
            bytes.addAndGet(length);
        }

        long bytes() {
            return bytes.get();
        }

        /** Of what has been written, once nothing more is. */
        synchronized String sha256() {
            if (sha256 == null) {
                sha256 = HexFormat.of().formatHex(digest.getMessageDigest().digest());
            }
            return sha256;
        }
    }
}
