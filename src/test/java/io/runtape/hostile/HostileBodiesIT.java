package io.runtape.hostile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Bodies that are made to take memory or threads: large ones, ones that expand, and ones that never end. Of the tests that take
 * memory one runs at a time, whichever the database.
 */
abstract class HostileBodiesIT extends UnderAttack {

    private static final String MEMORY = "memory";

    private static final int MIB = 1 << 20;
    private static final int EXPANDING = 9 * MIB;
    private static final int UNFINISHED = 12;
    private static final int WAITING = 200;
    private static final int PINNING = 210;
    private static final int HEADLESS = 100;

    /** The heap, as much again for the buffers of sockets, and what a JVM has besides. */
    private static final long MEMORY_MAX = 768L * MIB;

    private final ExecutorService callers = Executors.newCachedThreadPool();

    @AfterAll
    void stopCallers() {
        callers.shutdownNow();
    }

    private static byte[] expanding(String before, String after, int length) {
        StringBuilder json = new StringBuilder(length + 16).append(before);
        while (json.length() < length) {
            json.append("{},");
        }
        return json.append("{}").append(after).toString().getBytes(UTF_8);
    }

    private Scripted answering() {
        return upstream.on(Script.stream("data: x\n\n"));
    }

    private JsonObject ended(String runId, String key) {
        return RunTable.await("run " + runId + " ends", PATIENCE, () -> {
            try (WireResponse response = client().get("/history/v1/runs/" + runId, key)) {
                JsonObject run = new JsonObject(new String(response.whole(), UTF_8)).getJsonObject("data");
                return run.getString("status").equals("running") ? null : run;
            }
        });
    }

    private void assertThatCallsPass() throws IOException {
        Scripted script = answering();
        try (WireResponse response = taken(() -> client().post("/v1/run", "{\"prompt\":\"hello\"}", script.header()))) {
            response.whole();
            assertEquals(200, response.status(), response::text);
        }
    }

    private static <T> List<T> all(List<Future<T>> results) throws Exception {
        List<T> all = new ArrayList<>();
        for (Future<T> each : results) {
            all.add(each.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
        }
        return all;
    }

    private void assertMemoryStaysBounded() throws IOException {
        long memory = gateway.peakMemory();
        assertTrue(memory < MEMORY_MAX, memory / MIB + " MiB");
    }

    // ---- JSON that expands

    @Test
    @ResourceLock(MEMORY)
    void aBodyOfManySmallValuesIsNotExpanded() throws Exception {
        byte[] body = expanding("{\"agent\":\"many\",\"x\":[", "],\"prompt\":\"still read\"}", EXPANDING);
        Scripted script = answering();
        List<Future<String>> calls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            calls.add(callers.submit(() -> RunTable.await("a call is taken", PATIENCE, () -> {
                // They go one after the other: who waits for too long is refused, and may still be sending.
                try (WireResponse response =
                        client().send("POST", "/v1/run", body, script.header(), "X-API-Key: many")) {
                    if (response.isRefusedAs("overloaded", "store_unavailable")) {
                        return null;
                    }
                    assertEquals(200, response.status());
                    response.whole();
                    return response.header("Runtape-Run-Id");
                } catch (SocketException closedWhileItSends) {
                    return null;
                }
            })));
        }

        for (String runId : all(calls)) {
            JsonObject run = ended(runId, "X-API-Key: many");
            assertEquals("many", run.getString("agent"));
            assertEquals("still read", run.getString("prompt"));
        }
        assertMemoryStaysBounded();
    }

    @Test
    @ResourceLock(MEMORY)
    void anEventOfManySmallValuesIsNotExpanded() throws Exception {
        byte[] event =
                expanding("event: run_completed\ndata: {\"status\":\"failed\",\"result\":[", "]}\n\n", 15 * MIB / 2);
        Scripted script = upstream.on(Script.stream(event));
        List<Future<String>> calls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            calls.add(callers.submit(() -> {
                try (WireResponse response =
                        taken(() -> client().post("/v1/run", "{}", script.header(), "X-API-Key: event"))) {
                    assertEquals(WireResponse.End.WHOLE, response.passOn(OutputStream.nullOutputStream()));
                    return response.header("Runtape-Run-Id");
                }
            }));
        }

        for (String runId : all(calls)) {
            assertEquals("failed", ended(runId, "X-API-Key: event").getString("status"));
        }
        assertMemoryStaysBounded();
    }

    @Test
    @ResourceLock(MEMORY)
    void metadataAndConfigKeepTheTextOfTheirNumbers() throws Exception {
        String metadata =
                "{\"big\":1e999999999,\"long\":0.1234567890123456789012345678901234567890,\"int\":10000000000000000000000}";
        Scripted script = answering();
        String runId;
        String body = "{\"metadata\":" + metadata + ",\"config\":" + metadata + "}";
        try (WireResponse response = taken(() -> client().post("/v1/run", body, script.header(), "X-API-Key: text"))) {
            response.whole();
            runId = response.header("Runtape-Run-Id");
        }

        try (WireResponse response = client().get("/history/v1/runs/" + runId, "X-API-Key: text")) {
            String run = new String(response.whole(), UTF_8);
            assertTrue(run.contains("\"metadata\":" + metadata), run);
            assertTrue(run.contains("\"config\":" + metadata), run);
        }
    }

    // ---- Archives that expand

    /** Imports lines, zipped, with a long text in the place of the @; returns what became of them. */
    private String imported(String lines, int length) throws IOException {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
            int at = lines.indexOf('@');
            gzip.write(lines.substring(0, at).getBytes(UTF_8));
            byte[] letters = new byte[length];
            Arrays.fill(letters, (byte) 'a');
            gzip.write(letters);
            // One that is not of ASCII: then a string takes two bytes for each.
            gzip.write("ā".getBytes(UTF_8));
            gzip.write(lines.substring(at + 1).getBytes(UTF_8));
        }
        try (WireResponse response = client().send(
                        "POST",
                        "/history/v1/import",
                        zipped.toByteArray(),
                        "Content-Type: application/x-ndjson",
                        "Content-Encoding: gzip",
                        "X-API-Key: archive")) {
            String summary = new String(response.whole(), UTF_8);
            assertEquals(200, response.status(), summary);
            return summary;
        }
    }

    /** An archive of a run, up to its request. */
    private String beginningOfAnArchive() throws IOException {
        Scripted script = answering();
        try (WireResponse call = taken(() -> client().post("/v1/run", "{}", script.header(), "X-API-Key: archive"))) {
            call.whole();
            String run = "/history/v1/runs/" + call.header("Runtape-Run-Id");
            try (WireResponse archive = client().get(run, "Accept: application/x-ndjson", "X-API-Key: archive")) {
                String lines = new String(archive.whole(), UTF_8);
                return lines.substring(0, lines.indexOf("{\"line\":\"request\""))
                        .replaceFirst("\"id\":\"[^\"]*\"", "\"id\":\"x\"");
            }
        }
    }

    /** A line may have 32 MiB. */
    @Test
    @ResourceLock(MEMORY)
    void aLongLineOfAnArchiveIsNotExpanded() throws Exception {
        String run = beginningOfAnArchive();
        String frame = run + "{\"line\":\"frame\",\"run\":\"x\",\"sequence\":1,\"offsetUs\":1,\"kind\":\"event\",";
        Map<String, String> lines = Map.of(
                run + "{\"line\":\"request\",\"run\":\"x\",\"text\":\"@\"}",
                "the request has",
                frame + "\"text\":\"@\"}",
                "frame 1 has",
                frame + "\"base64\":\"@\"}",
                "frame 1 has",
                frame + "\"text\":\"\",\"id\":\"@\"}",
                "id is longer",
                frame + "\"@\":1}",
                "more than is read",
                run + "{\"line\":\"frame\",\"run\":\"y\",\"text\":\"@\"}",
                "belongs to no run",
                run + "{\"line\":\"@\"}",
                "line must be one of",
                run.replace("\"metadata\":{", "\"metadata\":{\"a\":\"@\""),
                "metadata is longer");
        for (Map.Entry<String, String> line : lines.entrySet()) {
            String summary = imported(line.getKey(), 32 * MIB - 4000);

            assertTrue(summary.contains(line.getValue()), summary);
            assertTrue(gateway.isAlive());
        }
        String whole = imported(run + "{\"line\":\"request\",\"run\":\"x\",\"text\":\"@\"}", 16 * MIB - 2);
        assertTrue(whole.contains("ends within the run"), whole);
        assertMemoryStaysBounded();
    }

    // ---- Bodies that never end

    @Test
    @ResourceLock(MEMORY)
    void unfinishedBodiesAreBoundedAndRefused() throws Exception {
        byte[] part = new byte[16 * MIB - 1];
        Arrays.fill(part, (byte) ' ');
        part[0] = '{';
        CountDownLatch sending = new CountDownLatch(UNFINISHED);
        List<WireResponse> open = new ArrayList<>();
        List<Future<Integer>> refusals = new ArrayList<>();
        for (int i = 0; i < UNFINISHED; i++) {
            WireResponse response = client().sendHead("POST", "/v1/run", "Content-Length: " + 16 * MIB)
                    .patient(PATIENCE);
            open.add(response);
            refusals.add(callers.submit(() -> {
                sending.countDown();
                try {
                    response.write(part);
                } catch (IOException refusedMeanwhile) {
                    // What it was answered is still there to be read.
                }
                int status = response.status();
                String body = new String(response.readAll(), UTF_8);
                if (status == 503) {
                    assertTrue(body.contains("\"overloaded\""), body);
                    assertNotNull(response.header("Retry-After"));
                } else {
                    assertTrue(body.contains("\"request_timeout\""), body);
                }
                return status;
            }));
        }
        sending.await();

        // As long as they are open, others are served.
        for (int i = 0; i < 20; i++) {
            assertThatCallsPass();
        }
        for (int status : all(refusals)) {
            assertTrue(status == 503 || status == 408, "status " + status);
        }
        for (WireResponse each : open) {
            each.close();
        }
        assertMemoryStaysBounded();
    }

    /** They wait for as long as each other, and do so together. */
    @Test
    void whatIsSlowIsTakenAndWhatNeverEndsIsClosed() throws Exception {
        List<Future<Void>> waiting = new ArrayList<>();
        waiting.add(callers.submit(() -> {
            assertThatASlowUploadThatGoesOnIsTaken();
            return null;
        }));
        waiting.add(callers.submit(() -> {
            assertThatRequestsWhoseHeadNeverEndsAreClosed();
            return null;
        }));
        assertThatBodiesOfTheHistoryThatNeverEndHoldNoThread();
        all(waiting);
    }

    private void assertThatASlowUploadThatGoesOnIsTaken() throws Exception {
        try (WireResponse response = taken(this::slowUpload)) {
            assertEquals(200, response.status());
            response.whole();
        }
    }

    private WireResponse slowUpload() throws Exception {
        byte[] piece = " ".repeat(10_000).getBytes(UTF_8);
        int pieces = 30;
        WireResponse response = client().sendHead(
                        "POST",
                        "/v1/run",
                        "Content-Length: " + (pieces * piece.length + 2),
                        answering().header());
        response.write("{".getBytes(UTF_8));
        for (int i = 0; i < pieces; i++) {
            response.write(piece);
            // The pace of a slow line, 20 kB/s: the upload takes longer than one that stands still is waited for.
            TimeUnit.MILLISECONDS.sleep(500);
        }
        return response.write("}".getBytes(UTF_8));
    }

    private void assertThatRequestsWhoseHeadNeverEndsAreClosed() throws Exception {
        List<WireResponse> open = new ArrayList<>();
        for (int i = 0; i < HEADLESS; i++) {
            String head = i % 2 == 0 ? "" : "POST /v1/run HTTP/1.1\r\nHost: x\r\nX-Long: ";
            open.add(client().sendRaw(head.getBytes(StandardCharsets.US_ASCII)));
        }
        for (WireResponse each : open) {
            assertTrue(!each.isSilentFor(PATIENCE), "the connection stays open");
            each.close();
        }
    }

    private void assertThatBodiesOfTheHistoryThatNeverEndHoldNoThread() throws Exception {
        List<WireResponse> open = new ArrayList<>();
        for (int i = 0; i < PINNING; i++) {
            WireResponse response = i % 2 == 0
                    ? client().sendHead(
                                    "POST",
                                    "/history/v1/tickets",
                                    "Content-Type: application/json",
                                    "Content-Length: 100",
                                    "X-API-Key: invented-" + i)
                    : client().sendHead(
                                    "PATCH",
                                    "/history/v1/threads/thr_" + i,
                                    "Content-Type: application/json",
                                    "Content-Length: 100",
                                    "X-API-Key: invented-" + i);
            response.write("{".getBytes(UTF_8));
            open.add(response);
        }

        try (WireResponse runs = client().get("/history/v1/runs", "X-API-Key: someone")) {
            assertEquals(200, runs.status());
        }
        // Before the first of them is closed.
        gateway.management().awaitDatabase("UP", Duration.ofSeconds(8));
        Scripted script = answering();
        byte[] large = ("{\"prompt\":\"" + "p".repeat(200_000) + "\"}").getBytes(UTF_8);
        Callable<WireResponse> call = () ->
                client().send("POST", "/v1/run", large, script.header(), "X-API-Key: someone", "Idempotency-Key: once");
        try (WireResponse response = taken(call)) {
            assertEquals(200, response.status());
            response.whole();
        }
        try (WireResponse repeat = taken(call)) {
            assertEquals(200, repeat.status());
            repeat.whole();
        }
        for (WireResponse each : open) {
            assertEquals(408, each.status());
            each.close();
        }
    }

    @Test
    @ResourceLock(MEMORY)
    void aBodyOfTheHistoryWithoutACredentialIsNotWaitedFor() throws Exception {
        try (WireResponse response = client().sendHead(
                        "POST", "/history/v1/tickets", "Content-Type: application/json", "Content-Length: 100")) {
            assertEquals(401, response.status());
        }
    }

    // ---- Calls that wait

    @Test
    @ResourceLock(MEMORY)
    void callsThatWaitForTheirHeadHoldNoBody() throws Exception {
        CountDownLatch heads = new CountDownLatch(1);
        Scripted script = upstream.on(exchange -> {
            heads.await();
            exchange.whole(200, "{}".getBytes(UTF_8), "Content-Type: application/json");
        });
        StringBuilder text = new StringBuilder("{\"stream\":false,\"prompt\":\"");
        // Of no letter that compresses well.
        Random random = new Random(1);
        while (text.length() < MIB) {
            text.append((char) ('a' + random.nextInt(26))).append((char) ('A' + random.nextInt(26)));
        }
        byte[] body = text.append("\"}").toString().getBytes(UTF_8);
        List<WireResponse> clients = new CopyOnWriteArrayList<>();
        AtomicInteger refused = new AtomicInteger();
        for (int i = 0; i < WAITING; i++) {
            String key = "X-API-Key: waiting-" + i % 10;
            callers.submit(() -> {
                WireResponse response = client().send("POST", "/v1/run", body, script.header(), key);
                clients.add(response);
                // Who is not refused waits until this test lets its agent answer, or hangs up.
                if (response.status() == 503) {
                    refused.incrementAndGet();
                }
                return response;
            });
        }
        AtomicInteger came = new AtomicInteger();
        callers.submit(() -> {
            while (true) {
                script.call();
                came.incrementAndGet();
            }
        });
        RunTable.await(
                "each call waits or is refused", PATIENCE, () -> came.get() + refused.get() == WAITING ? true : null);
        long memory = gateway.peakMemory();
        long held = gateway.bytesOfByteArrays();
        for (WireResponse each : clients) {
            each.close();
        }
        assertThatCallsPass();
        System.out.printf(
                "%d calls of 1 MiB wait, %d were refused: %d MiB, of arrays %d MiB%n",
                came.get(), refused.get(), memory / MIB, held / MIB);
        heads.countDown();
        assertTrue(came.get() > 0);
        // An embedded database and connections hold some, too.
        assertTrue(held / MIB < 32 + came.get() / 4, held / MIB + " MiB of arrays are held");
        assertMemoryStaysBounded();
    }
}
