package io.runtape.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives that are larger than the heaps of the gateways that write and read them. */
class ArchiveIT {

    private static final String HEAP = "-Xmx160m";
    private static final int FRAMES = Integer.getInteger("archive.frames", 300_000);
    private static final String KEY = "archive-it";

    /** As many comments, with the ids that they get in the archive, take more than the heap. */
    private static final int COMMENTS = 4000;

    private static final String LONG_ID = "x".repeat(65_000);

    private static final String IMPORTED =
            "{\"data\":{\"imported\":1,\"skipped\":0,\"conflicts\":0,\"refused\":0,\"complete\":true,\"problems\":[]}}";

    private static final String FRAME =
            "event: token\ndata: {\"type\":\"token\",\"n\":%d,\"text\":\"" + "some words ".repeat(40) + "\"}\n\n";

    private final ScriptedUpstream upstream = new ScriptedUpstream();

    @AfterEach
    void stop() {
        upstream.close();
    }

    @Test
    void takesNoMoreMemoryForALongArchive(@TempDir Path dataDir) throws Exception {
        try (GatewayProcess from = GatewayProcess.start(GatewayProcess.onH2(dataDir, upstream), HEAP)
                        .ready();
                GatewayProcess to = GatewayProcess.start(
                                GatewayProcess.onPostgres(PostgresServer.freshDatabase(), upstream), HEAP)
                        .ready()) {
            String id = record(from);
            String shown = show(from, id);

            long[] bytes = {0};
            String summary = carry(from, to, bytes);

            assertTrue(bytes[0] > 160L << 20, () -> bytes[0] + " bytes are no test of this");
            assertEquals(IMPORTED, summary);
            assertEquals(shown, show(to, id));
        }
    }

    /** An archive may have frames whose event ids are far longer than their bytes. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsLongEventIdsInNoMoreMemory(boolean onPostgres, @TempDir Path dataDir) throws Exception {
        Map<String, String> settings = onPostgres
                ? GatewayProcess.onPostgres(PostgresServer.freshDatabase(), upstream)
                : GatewayProcess.onH2(dataDir, upstream);
        try (GatewayProcess gateway =
                GatewayProcess.start(settings, HEAP).crowded().ready()) {
            String id = run(
                    gateway,
                    exchange -> exchange.streamHead()
                            .chunk(":\n\n".repeat(COMMENTS))
                            .chunk("event: assistant_message_delta\ndata: {\"delta\":\"Zanzibar\"}\n\n")
                            .end());
            String archive = get(gateway, "/runs", "Accept: application/x-ndjson");
            try (WireResponse deleted =
                    gateway.client().send("DELETE", "/history/v1/runs/" + id, new byte[0], "X-API-Key: " + KEY)) {
                assertEquals(204, deleted.status());
            }

            HttpURLConnection imported = importing(gateway);
            try (OutputStream body = imported.getOutputStream()) {
                for (String line : archive.lines().toList()) {
                    body.write((withLongId(line) + "\n").getBytes(UTF_8));
                }
            }

            assertEquals(IMPORTED, summary(imported));
            RunTable.await(
                    "the run is indexed",
                    () -> get(gateway, "/runs?q=zanzibar", "Accept: application/json")
                                    .contains(id)
                            ? true
                            : null);
            get(gateway, "/runs/" + id + "/events?kind=event", "Accept: application/json");
            get(gateway, "/runs/" + id + "/events?limit=500", "Accept: application/json");
            get(gateway, "/runs/" + id + "/transcript", "Accept: application/json");
        }
    }

    /** Such an id for each comment, and none of the lines' digest, which would be another one. */
    private static String withLongId(String line) {
        String unchecked = line.replaceFirst(",\"check\":\"[^\"]*\"", "");
        return unchecked.contains("\"kind\":\"comment\"")
                ? unchecked.replaceFirst("\"sequence\":(\\d+)", "$0,\"id\":\"$1" + LONG_ID + "\"")
                : unchecked;
    }

    private String record(GatewayProcess gateway) throws IOException {
        return run(gateway, exchange -> {
            exchange.streamHead();
            ByteArrayOutputStream chunk = new ByteArrayOutputStream();
            for (int i = 0; i < FRAMES; i++) {
                chunk.writeBytes(FRAME.formatted(i).getBytes(UTF_8));
                if (chunk.size() > 32 << 10 || i == FRAMES - 1) {
                    exchange.chunk(chunk.toByteArray());
                    chunk.reset();
                }
            }
            exchange.end();
        });
    }

    private String run(GatewayProcess gateway, Script answer) throws IOException {
        String script = upstream.on(answer).header();
        try (WireResponse response = gateway.client().post("/v1/run", "{}", script, "X-API-Key: " + KEY)) {
            String id = response.header("Runtape-Run-Id");
            response.passOn(OutputStream.nullOutputStream());
            return id;
        }
    }

    /** The run without what differs between gateways. */
    private static String show(GatewayProcess gateway, String id) throws IOException {
        String run = get(gateway, "/runs/" + id, "Accept: application/json");
        assertTrue(run.contains("\"frameCount\":" + FRAMES), run);
        return run.replaceAll("\"owner\":\"[^\"]*\"", "");
    }

    private static String get(GatewayProcess gateway, String target, String accept) throws IOException {
        try (WireResponse response = gateway.client().get("/history/v1" + target, "X-API-Key: " + KEY, accept)) {
            assertEquals(200, response.status());
            return new String(response.whole(), UTF_8);
        }
    }

    private static HttpURLConnection connection(GatewayProcess gateway, String target) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create("http://127.0.0.1:" + gateway.port() + "/history/v1" + target)
                        .toURL()
                        .openConnection();
        connection.setRequestProperty("X-API-Key", KEY);
        return connection;
    }

    /** Passes an archive on as it comes. */
    private static String carry(GatewayProcess from, GatewayProcess to, long[] bytes) throws IOException {
        HttpURLConnection export = connection(from, "/runs");
        export.setRequestProperty("Accept", "application/x-ndjson");
        HttpURLConnection imported = importing(to);
        try (InputStream archive = export.getInputStream();
                OutputStream body = imported.getOutputStream()) {
            bytes[0] = archive.transferTo(body);
        }
        return summary(imported);
    }

    private static HttpURLConnection importing(GatewayProcess gateway) throws IOException {
        HttpURLConnection imported = connection(gateway, "/import");
        imported.setRequestMethod("POST");
        imported.setDoOutput(true);
        imported.setChunkedStreamingMode(32 << 10);
        imported.setRequestProperty("Content-Type", "application/x-ndjson");
        return imported;
    }

    private static String summary(HttpURLConnection imported) throws IOException {
        assertEquals(200, imported.getResponseCode());
        try (InputStream summary = imported.getInputStream()) {
            return new String(summary.readAllBytes(), UTF_8).strip();
        }
    }
}
