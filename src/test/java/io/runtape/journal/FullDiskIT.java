package io.runtape.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.Noise;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.SmallDisk;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk of an embedded database is full, and has room again. */
class FullDiskIT {

    /** What a commit needs free, and room for some frames beside it. */
    private static final long DISK_BYTES = 100 << 20;

    /** More than there is room for, also when it is compressed as far as that goes. */
    private static final int RUN_BYTES = 75 << 20;

    /** A run that is packed is there twice before its blocks are deleted, which writes them several times more until the commit. */
    private static final int PACKED_RUN_BYTES = 60 << 20;

    /** Room for it twice, and what a commit needs free, but not for its deletion. */
    private static final long PACKING_DISK_BYTES = 290 << 20;

    /** A run, and room for it beside what a commit needs, but not for its deletion, which takes five times as much. */
    private static final int STAYING_RUN_BYTES = 24 << 20;

    private static final long DELETION_DISK_BYTES = 220 << 20;
    private static final long TOO_LITTLE_FOR_COMMITS = 60 << 20;
    private static final long ENOUGH_FOR_COMMITS = 96 << 20;

    private static final int FRAME_BYTES = 60_000;

    /** How long what is done with a large run may take on a machine that has other things to do. */
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private static final String KEY = "X-API-Key: disk";
    private static final String EVENT_STREAM = "Accept: text/event-stream";

    @Test
    void readersGoOnWhileTheDiskIsFullAndAllDoWhenItHasRoomAgain() throws Exception {
        assumeTrue(SmallDisk.ways().contains(SmallDisk.Way.FILE_SYSTEM), "a file system can be mounted");
        try (SmallDisk disk = SmallDisk.ofBytes(DISK_BYTES);
                ScriptedUpstream upstream = new ScriptedUpstream();
                GatewayProcess gateway = GatewayProcess.start(GatewayProcess.onH2(disk.path(), upstream), "-Xmx256m")
                        .ready()) {
            String small = smallRun(gateway, upstream);
            CompletableFuture<Long> flood = flood(gateway, upstream);
            gateway.awaitLine("the store takes no commits (disk full, SQLSTATE 53100), live runs wait for it");
            awaitReadiness(gateway, "DOWN");

            assertReads(gateway, small);
            assertEquals(503, newRun(gateway, upstream));

            disk.grow();

            assertTrue(flood.get(PATIENCE.toSeconds(), TimeUnit.SECONDS) >= RUN_BYTES);
            awaitReadiness(gateway, "UP");
            assertReads(gateway, small);
            assertEquals(200, newRun(gateway, upstream));
        }
    }

    /** All blocks of a run are in one transaction, which would go on until H2 itself finds no room. */
    @Test
    void importsNoMoreThanTheDiskHasRoomFor(@TempDir Path dataDir) throws Exception {
        assumeTrue(SmallDisk.ways().contains(SmallDisk.Way.FILE_SYSTEM), "a file system can be mounted");
        try (SmallDisk disk = SmallDisk.ofBytes(DISK_BYTES);
                ScriptedUpstream upstream = new ScriptedUpstream()) {
            byte[] archive;
            try (GatewayProcess from =
                    GatewayProcess.start(GatewayProcess.onH2(dataDir, upstream)).ready()) {
                flood(from, upstream).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                try (WireResponse response =
                        from.client().get("/history/v1/runs", "Accept: application/x-ndjson", KEY)) {
                    archive = response.whole();
                }
            }
            try (GatewayProcess gateway = GatewayProcess.start(GatewayProcess.onH2(disk.path(), upstream), "-Xmx256m")
                    .ready()) {
                String small = smallRun(gateway, upstream);

                assertFalse(isImported(gateway, archive));

                assertReads(gateway, small);
                disk.grow();
                awaitReadiness(gateway, "UP");
                assertTrue(isImported(gateway, archive));
                assertReads(gateway, small);
            }
        }
    }

    /** What a transaction deletes is written to the disk until its end. */
    @Test
    void packsNoRunWhoseBlocksTheDiskHasNoRoomToDelete() throws Exception {
        assumeTrue(SmallDisk.ways().contains(SmallDisk.Way.FILE_SYSTEM), "a file system can be mounted");
        try (SmallDisk disk = SmallDisk.ofBytes(PACKING_DISK_BYTES);
                ScriptedUpstream upstream = new ScriptedUpstream()) {
            Map<String, String> settings = GatewayProcess.onH2(disk.path(), upstream);
            settings.put("RUNTAPE_PACK_AFTER", "100ms");
            try (GatewayProcess gateway =
                    GatewayProcess.start(settings, "-Xmx256m").ready()) {
                String small = smallRun(gateway, upstream);
                flood(gateway, upstream, PACKED_RUN_BYTES).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                await("the disk has no room for it")
                        .atMost(PATIENCE)
                        .until(() -> gateway.output().stream()
                                .anyMatch(line -> line.contains("packing is not possible at present")
                                        && line.contains("MiB are free")));

                assertReads(gateway, small);

                disk.grow();

                await("both runs are packed")
                        .atMost(PATIENCE)
                        .until(() -> gateway.management().metric("runtape_packed_runs_total") == 2);
                assertReads(gateway, small);
                assertEquals(200, newRun(gateway, upstream));
            }
        }
    }

    /** What a deletion takes of the disk it takes also where it is rolled back for want of more. */
    @Test
    void deletesNoRunThatTheDiskHasNoRoomForAndAllOthers() throws Exception {
        assumeTrue(SmallDisk.ways().contains(SmallDisk.Way.FILE_SYSTEM), "a file system can be mounted");
        try (SmallDisk disk = SmallDisk.ofBytes(DELETION_DISK_BYTES);
                ScriptedUpstream upstream = new ScriptedUpstream()) {
            Map<String, String> settings = GatewayProcess.onH2(disk.path(), upstream);
            settings.put("RUNTAPE_PACK_AFTER", "off");
            settings.put("RUNTAPE_RETENTION", "3s");
            try (GatewayProcess gateway =
                    GatewayProcess.start(settings, "-Xmx256m").ready()) {
                String large = largeRun(gateway, upstream);
                String small = smallRun(gateway, upstream);

                disk.leave(TOO_LITTLE_FOR_COMMITS);

                await("the small run is deleted")
                        .atMost(ScriptedUpstream.PATIENCE)
                        .until(() -> status(gateway, small) == 404);
                assertEquals(200, status(gateway, large));

                disk.leave(ENOUGH_FOR_COMMITS);

                awaitReadiness(gateway, "UP");
                try (WireResponse refused = delete(gateway, large)) {
                    assertEquals(503, refused.status());
                    assertTrue(new String(refused.readAll(), UTF_8).contains("too little room"));
                }
                assertEquals(200, newRun(gateway, upstream));

                disk.grow();

                try (WireResponse deleted = delete(gateway, large)) {
                    // Retention may have come first.
                    assertTrue(List.of(204, 404).contains(deleted.status()));
                }
            }
        }
    }

    private static WireResponse delete(GatewayProcess gateway, String runId) throws IOException {
        return gateway.client().send("DELETE", "/history/v1/runs/" + runId, new byte[0], KEY);
    }

    private static int status(GatewayProcess gateway, String runId) throws IOException {
        try (WireResponse response = gateway.client().get("/history/v1/runs/" + runId, KEY)) {
            return response.status();
        }
    }

    private static String largeRun(GatewayProcess gateway, ScriptedUpstream upstream) throws IOException {
        String script = upstream.on(noise(STAYING_RUN_BYTES)).header();
        try (WireResponse response = gateway.client().post("/v1/run", "{}", script, KEY)) {
            assertEquals(WireResponse.End.WHOLE, response.passOn(new Counted()));
            return response.header("Runtape-Run-Id");
        }
    }

    /** Whether an archive of one run is; a refusal may come before all of it is sent, and end the connection. */
    private static boolean isImported(GatewayProcess gateway, byte[] archive) throws IOException {
        try (WireResponse response = gateway.client()
                .send("POST", "/history/v1/import", archive, KEY, "Content-Type: application/x-ndjson")
                .patient(PATIENCE)) {
            String summary = new String(response.readAll(), UTF_8);
            return response.status() == 200 && summary.contains("\"imported\":1,");
        } catch (SocketException ended) {
            return false;
        }
    }

    private static String smallRun(GatewayProcess gateway, ScriptedUpstream upstream) throws IOException {
        try (WireResponse response = gateway.client()
                .post(
                        "/v1/run",
                        "{}",
                        upstream.on(Script.stream("data: small\n\n")).header(),
                        KEY)) {
            response.whole();
            return response.header("Runtape-Run-Id");
        }
    }

    private static int newRun(GatewayProcess gateway, ScriptedUpstream upstream) throws IOException {
        try (WireResponse response = gateway.client()
                .post(
                        "/v1/run",
                        "{}",
                        upstream.on(Script.stream("data: new\n\n")).header(),
                        KEY)) {
            return response.status();
        }
    }

    /** How many bytes of a run came that is more than the disk has room for, when it has ended well. */
    private static CompletableFuture<Long> flood(GatewayProcess gateway, ScriptedUpstream upstream) {
        return flood(gateway, upstream, RUN_BYTES);
    }

    private static CompletableFuture<Long> flood(GatewayProcess gateway, ScriptedUpstream upstream, int bytes) {
        Script script = noise(bytes);
        return CompletableFuture.supplyAsync(() -> {
            Counted counted = new Counted();
            try (WireResponse response = gateway.client()
                    .post("/v1/run", "{}", upstream.on(script).header(), KEY)
                    .patient(PATIENCE)) {
                assertEquals(WireResponse.End.WHOLE, response.passOn(counted));
            } catch (IOException e) {
                throw new AssertionError("the run broke off", e);
            }
            return counted.bytes;
        });
    }

    private static Script noise(int bytes) {
        return exchange -> {
            exchange.streamHead();
            for (int sent = 0; sent < bytes; sent += FRAME_BYTES) {
                exchange.chunk(("data: " + Noise.text(FRAME_BYTES, sent) + "\n\n").getBytes(UTF_8));
            }
            exchange.end();
        };
    }

    private static final class Counted extends OutputStream {
        private long bytes;

        @Override
        public void write(int b) {
            bytes++;
        }

        @Override
        public void write(byte[] some, int from, int length) {
            bytes += length;
        }
    }

    private static void assertReads(GatewayProcess gateway, String runId) throws IOException {
        String events = "/history/v1/runs/" + runId + "/events";
        try (WireResponse list = gateway.client().get("/history/v1/runs", KEY);
                WireResponse page = gateway.client().get(events, KEY);
                WireResponse tail = gateway.client().get(events, EVENT_STREAM, KEY)) {
            assertEquals(200, list.status());
            assertEquals(200, page.status());
            assertTrue(new String(tail.whole(), UTF_8).contains("data: small\n"));
        }
    }

    private static void awaitReadiness(GatewayProcess gateway, String status) {
        await("readiness says " + status)
                .atMost(ScriptedUpstream.PATIENCE)
                .until(() -> gateway.management().readiness().get("database").equals(status));
    }
}
