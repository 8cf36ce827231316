package io.runtape.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.Exchange;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * Runs so large, and readers so slow, that whatever grows with them would break a gateway with a heap of 256 MiB: it ends at
 * the first allocation that fails. Prints the most memory that each case took. In full size, several times what the suite does:
 * {@code -Dbig.runs=full}.
 */
@TestInstance(Lifecycle.PER_CLASS)
abstract class BigRunsIT {

    private static final boolean FULL = "full".equals(System.getProperty("big.runs"));

    private static final int MIB = 1 << 20;
    private static final String KEY = "X-API-Key: big";
    private static final String EVENT_STREAM = "Accept: text/event-stream";
    private static final int PINGS = 100;
    private static final int UNREAD = 20;
    private static final int UNREAD_BYTES = FULL ? 20 * MIB : 8 * MIB;
    private static final int CROWD = 200;
    private static final int CROWD_BYTES = FULL ? 20 * MIB : 3 * MIB;
    private static final int EVENTS = FULL ? 1_000_000 : 200_000;
    private static final int FRAME_BYTES = 100 * MIB;
    private static final int DATA_LINES = 10_000;

    /** The heap, as much again for the buffers of sockets, and what a JVM has besides: code, threads, its collector. */
    private static final long MEMORY_MAX_MEBIBYTES = 768;

    /** How long one case may take on a machine that has other things to do. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private static final Pattern COLLECTED = Pattern.compile("->(\\d+)M\\(\\d+M\\)");

    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final ExecutorService readers = Executors.newCachedThreadPool();
    private GatewayProcess gateway;
    private int printed;
    private long began;

    /** The settings of a gateway on an empty database. */
    abstract Map<String, String> settings(ScriptedUpstream behind) throws Exception;

    @BeforeAll
    void start() throws Exception {
        gateway = GatewayProcess.start(
                        settings(upstream),
                        "-Xmx256m",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-Xlog:gc",
                        GatewayProcess.BOTH_COMPILERS)
                .ready();
    }

    @AfterAll
    void stop() {
        readers.shutdownNow();
        gateway.close();
        upstream.close();
    }

    @BeforeEach
    void measure() throws IOException {
        printed = gateway.output().size();
        began = System.nanoTime();
        assertTrue(gateway.isAlive(), "an earlier case has ended the gateway");
        gateway.forgetPeak();
    }

    @AfterEach
    void memoryIsFlat(TestInfo test) throws IOException {
        List<String> output = gateway.output();
        assertTrue(
                gateway.isAlive(),
                () -> "the gateway has ended: "
                        + String.join("\n", output.subList(Math.max(0, output.size() - 30), output.size())));
        long heap = output.subList(printed, output.size()).stream()
                .map(COLLECTED::matcher)
                .filter(Matcher::find)
                .mapToLong(collected -> Long.parseLong(collected.group(1)))
                .max()
                .orElse(0);
        long memory = gateway.peakMemory() / MIB;
        System.out.printf(
                "%s %s: %d MiB of memory at the most, %d MiB of it heap after a collection; %d s%n",
                getClass().getSimpleName(), test.getDisplayName(), memory, heap, secondsSince(began));
        assertTrue(memory < MEMORY_MAX_MEBIBYTES, memory + " MiB");
    }

    private static long secondsSince(long nanos) {
        return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - nanos);
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    private WireResponse run(Scripted script) {
        // One commit of many bytes may last for so long that no runs are taken meanwhile.
        return WireResponse.againWhile(
                "store_unavailable",
                PATIENCE,
                () -> gateway.client()
                        .post("/v1/run", "{}", script.header(), KEY)
                        .patient(PATIENCE));
    }

    private WireResponse history(String target, String... headerLines) throws IOException {
        List<String> lines = new ArrayList<>(List.of(headerLines));
        lines.add(KEY);
        return gateway.client().get("/history/v1/runs/" + target, lines.toArray(String[]::new));
    }

    private JsonObject json(String target) throws IOException {
        // Indexing of runs that have ended may have the memory for large responses.
        try (WireResponse response = WireResponse.againWhile("overloaded", PATIENCE, () -> history(target))) {
            assertEquals(200, response.status());
            return new JsonObject(new String(response.whole(), UTF_8));
        }
    }

    private JsonObject ended(String runId) {
        return RunTable.await("run " + runId + " ends", PATIENCE, () -> {
            JsonObject run = json(runId).getJsonObject("data");
            return run.getString("status").equals("running") ? null : run;
        });
    }

    /** Bytes that are told apart by their length and digest, so that nobody has to hold them. */
    private static final class Seen extends OutputStream {

        private final MessageDigest digest;
        private long length;

        Seen() throws Exception {
            digest = MessageDigest.getInstance("SHA-256");
        }

        static Seen of(WireResponse response) throws Exception {
            Seen seen = new Seen();
            assertEquals(WireResponse.End.WHOLE, response.passOn(seen));
            return seen;
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) {
            digest.update(bytes, from, count);
            length += count;
        }

        String told() {
            return length + " bytes, " + HexFormat.of().formatHex(digest.digest());
        }
    }

    // ---- Readers that never read

    /** Small frames, or large ones, of which none is like one of another stream. */
    private static byte[] frame(int stream, int i) {
        int length = stream % 2 == 0 ? 900 : 60_000;
        return ("event: token\ndata: " + stream + " " + i + " " + "z".repeat(length) + "\n\n").getBytes(UTF_8);
    }

    private Scripted flood(int stream, int atLeastBytes, Map<Integer, String> sent) {
        return upstream.on(exchange -> {
            Seen seen = new Seen();
            exchange.streamHead();
            for (int i = 0; seen.length < atLeastBytes; i++) {
                byte[] frame = frame(stream, i);
                seen.write(frame);
                exchange.chunk(frame);
            }
            sent.put(stream, seen.told());
            exchange.end();
        });
    }

    @Test
    void readersThatNeverReadHoldUpNobodyAndMissNothing() throws Exception {
        Map<Integer, String> sent = new ConcurrentHashMap<>();
        List<Future<WireResponse>> begun = new ArrayList<>();
        for (int i = 0; i < UNREAD; i++) {
            Scripted script = flood(i, UNREAD_BYTES, sent);
            begun.add(readers.submit(() -> run(script)));
        }
        List<WireResponse> unread = new ArrayList<>();
        List<String> runIds = new ArrayList<>();
        for (Future<WireResponse> each : begun) {
            WireResponse response = each.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            unread.add(response);
            runIds.add(response.header("Runtape-Run-Id"));
        }

        // While nobody reads the twenty, another run goes on, and another reader of one of them has all of it.
        pingPong();
        try (WireResponse tail = history(runIds.get(7) + "/events?verbatim=true", EVENT_STREAM)) {
            assertEquals(Seen.of(tail).told(), sent.get(7));
        }
        for (String runId : runIds) {
            assertEquals("completed", ended(runId).getString("status"));
        }
        System.out.printf("%d runs of %d MiB recorded after %d s%n", UNREAD, UNREAD_BYTES / MIB, secondsSince(began));

        // All at once: what one of them takes is taken twenty times.
        List<Future<String>> read = new ArrayList<>();
        for (WireResponse response : unread) {
            read.add(readers.submit(() -> Seen.of(response).told()));
        }
        for (int i = 0; i < UNREAD; i++) {
            assertEquals(sent.get(i), read.get(i).get(PATIENCE.toSeconds(), TimeUnit.SECONDS), "stream " + i);
            unread.get(i).close();
        }
    }

    /** A run of single events, each sent when the one before it was read. */
    private void pingPong() throws Exception {
        Semaphore read = new Semaphore(1);
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead();
            for (int i = 0; i < PINGS; i++) {
                assertTrue(read.tryAcquire(30, TimeUnit.SECONDS));
                exchange.chunk("data: x\n\n");
            }
            exchange.end();
        });
        long[] millis = new long[PINGS];
        try (WireResponse response = run(script)) {
            for (int i = 0; i < PINGS; i++) {
                long sent = System.nanoTime();
                response.readUpTo((i + 1) * "data: x\n\n".length());
                millis[i] = millisSince(sent);
                read.release();
            }
            response.whole();
        }
        Arrays.sort(millis);
        System.out.printf(
                "an event of another run meanwhile: %d ms in the median, %d ms at the most%n",
                millis[PINGS / 2], millis[PINGS - 1]);
    }

    // ---- Many at once

    /** What one commit takes along must fit the heap several times over: H2 holds it as values, as pages and as written. */
    @Test
    void aCrowdOfRunsIsCommittedInPiecesThatFitTheHeap() throws Exception {
        Map<Integer, String> sent = new ConcurrentHashMap<>();
        List<Future<String>> read = new ArrayList<>();
        for (int i = 0; i < CROWD; i++) {
            // Odd streams have the large frames, of which a commit takes the most bytes along.
            int stream = 2 * i + 1;
            Scripted script = flood(stream, CROWD_BYTES, sent);
            read.add(readers.submit(() -> {
                try (WireResponse response = run(script)) {
                    return Seen.of(response).told();
                }
            }));
        }
        for (int i = 0; i < CROWD; i++) {
            String told = read.get(i).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertEquals(sent.get(2 * i + 1), told, "stream " + i);
        }
    }

    // ---- Many events

    @Test
    void aRunOfManyEventsIsReadAtItsEndAsAtItsBeginning() throws Exception {
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead();
            for (int i = 1; i <= EVENTS; ) {
                StringBuilder chunk = new StringBuilder();
                for (int n = 0; n < 500 && i <= EVENTS; n++) {
                    chunk.append("event: token\ndata: {\"n\":").append(i++).append("}\n\n");
                }
                exchange.chunk(chunk.toString());
            }
            exchange.end();
        });
        String runId;
        try (WireResponse response = run(script)) {
            runId = response.header("Runtape-Run-Id");
            assertEquals(WireResponse.End.WHOLE, response.passOn(OutputStream.nullOutputStream()));
        }

        JsonObject run = ended(runId);
        assertEquals(EVENTS, run.getInteger("eventCount"));
        System.out.printf("a run of %d events recorded after %d s%n", EVENTS, secondsSince(began));
        page(runId, "after=0", 1);
        page(runId, "after=" + (EVENTS - 500), EVENTS - 499);
        page(runId, "order=desc", EVENTS);
        try (WireResponse tail = history(runId + "/events?after=" + (EVENTS - 1), EVENT_STREAM)) {
            assertTrue(new String(tail.whole(), UTF_8)
                    .startsWith(
                            "event: token\ndata: {\"n\":" + EVENTS + "}\nid: " + EVENTS + "\n\nevent: runtape.end"));
        }
    }

    private void page(String runId, String parameters, int first) throws Exception {
        long asked = System.nanoTime();
        JsonArray events = json(runId + "/events?limit=500&" + parameters).getJsonArray("data");
        System.out.printf("a page of it, %s: %d ms%n", parameters, millisSince(asked));
        assertEquals(500, events.size());
        assertEquals("{\"n\":" + first + "}", events.getJsonObject(0).getString("data"));
    }

    // ---- A huge frame

    @Test
    void aHugeFrameIsKeptInPartsAndShownWithoutItsData() throws Exception {
        byte[] some = "0123456789abcdef".repeat(4096).getBytes(UTF_8);
        Seen sent = new Seen();
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead();
            sendAndSee(exchange, "event: huge\ndata: ".getBytes(UTF_8), sent);
            for (int length = 0; length < FRAME_BYTES; length += some.length) {
                sendAndSee(exchange, some, sent);
            }
            sendAndSee(exchange, "\n\ndata: small\n\n".getBytes(UTF_8), sent);
            exchange.end();
        });
        String told;
        String runId;
        try (WireResponse response = run(script)) {
            runId = response.header("Runtape-Run-Id");
            told = Seen.of(response).told();
        }

        String expected = sent.told();
        assertEquals(expected, told);
        JsonObject run = ended(runId);
        assertEquals(2, run.getInteger("eventCount"));
        try (WireResponse verbatim = history(runId + "/events?verbatim=true", EVENT_STREAM)) {
            assertEquals(expected, Seen.of(verbatim).told());
        }
        assertEquals(expected, partsOf(runId));
        JsonObject huge = json(runId + "/events?type=huge").getJsonArray("data").getJsonObject(0);
        assertEquals("event", huge.getString("kind"));
        assertNull(huge.getValue("data"));
        assertEquals(true, huge.getBoolean("truncated"));
        JsonObject small =
                json(runId + "/events?type=message").getJsonArray("data").getJsonObject(0);
        assertEquals("small", small.getString("data"));
        try (WireResponse tail = history(runId + "/events", EVENT_STREAM)) {
            Seen framed = Seen.of(tail);
            assertTrue(framed.length > run.getLong("byteCount"), "the tail has it whole");
        }
    }

    private static void sendAndSee(Exchange exchange, byte[] bytes, Seen seen) throws IOException {
        seen.write(bytes, 0, bytes.length);
        exchange.chunk(bytes);
    }

    /** The raw bytes of all frames of a run, read page by page. */
    private String partsOf(String runId) throws Exception {
        Seen seen = new Seen();
        String cursor = "";
        while (cursor != null) {
            JsonObject page = json(runId + "/events?include=raw&limit=500" + cursor);
            for (Object event : page.getJsonArray("data")) {
                byte[] raw = Base64.getDecoder().decode(((JsonObject) event).getString("raw"));
                seen.write(raw, 0, raw.length);
            }
            JsonObject meta = page.getJsonObject("meta");
            cursor = meta.getBoolean("hasMore") ? "&cursor=" + meta.getString("nextCursor") : null;
        }
        return seen.told();
    }

    // ---- Many lines

    @Test
    void anEventOfManyLinesIsOneEvent() throws Exception {
        StringBuilder block = new StringBuilder("event: lines\n");
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < DATA_LINES; i++) {
            String line = "line " + i + " " + "w".repeat(i % 100);
            lines.add(line);
            block.append("data: ").append(line).append('\n');
        }
        byte[] stream = block.append('\n').toString().getBytes(UTF_8);
        String runId;
        try (WireResponse response = run(upstream.on(Script.stream(stream)))) {
            runId = response.header("Runtape-Run-Id");
            assertArrayEquals(stream, response.whole());
        }

        assertEquals(1, ended(runId).getInteger("frameCount"));
        JsonObject event = json(runId + "/events").getJsonArray("data").getJsonObject(0);
        assertEquals(String.join("\n", lines), event.getString("data"));
        try (WireResponse tail = history(runId + "/events", EVENT_STREAM)) {
            String seen = new String(tail.whole(), UTF_8);
            assertTrue(seen.startsWith(block.substring(0, block.length() - 1) + "id: 1\n\n"));
        }
    }

    // ---- Much JSON

    /** JSON of many small values, close to the length up to which an event is read. */
    private static String result() {
        StringBuilder files = new StringBuilder("[");
        for (int i = 0; files.length() < 7 * MIB; i++) {
            files.append("{\"path\":\"src/").append(i).append(".java\",\"lines\":[1,2,3],\"ok\":true},");
        }
        return files.append("{}]").toString();
    }

    @Test
    void muchJsonBlocksNoEventLoop() throws Exception {
        String json = "{\"status\":\"completed\",\"result\":" + result() + "}";
        byte[] response = json.getBytes(UTF_8);
        byte[] typed = ("event: run_completed\ndata: " + json + "\n\n").getBytes(UTF_8);
        byte[] untyped = ("data: {\"type\":\"run_completed\"," + json.substring(1) + "\n\n").getBytes(UTF_8);
        List<Script> scripts = List.of(
                Script.whole(200, response, "Content-Type: application/json"),
                Script.stream(typed),
                Script.stream(untyped));

        for (Script script : scripts) {
            String runId;
            try (WireResponse given = run(upstream.on(script))) {
                runId = given.header("Runtape-Run-Id");
                assertEquals(WireResponse.End.WHOLE, given.passOn(OutputStream.nullOutputStream()));
            }
            assertEquals("completed", ended(runId).getString("status"));
        }
    }
}
