package io.runtape.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An archive of one long run passes from a gateway to another, both with a heap that is smaller than the archive. */
class ArchiveIT {

    private static final String HEAP = "-Xmx160m";
    private static final int FRAMES = Integer.getInteger("archive.frames", 300_000);
    private static final String KEY = "archive-it";
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
            assertEquals(
                    "{\"data\":{\"imported\":1,\"skipped\":0,\"conflicts\":0,\"refused\":0,\"complete\":true,\"problems\":[]}}",
                    summary.strip());
            assertEquals(shown, show(to, id));
        }
    }

    private String record(GatewayProcess gateway) throws IOException {
        String script = upstream.on(exchange -> {
                    exchange.head(200, "Content-Type: text/event-stream", "Transfer-Encoding: chunked");
                    ByteArrayOutputStream chunk = new ByteArrayOutputStream();
                    for (int i = 0; i < FRAMES; i++) {
                        chunk.writeBytes(FRAME.formatted(i).getBytes(UTF_8));
                        if (chunk.size() > 32 << 10 || i == FRAMES - 1) {
                            exchange.chunk(chunk.toByteArray());
                            chunk.reset();
                        }
                    }
                    exchange.end();
                })
                .header();
        try (WireResponse response = gateway.client().post("/v1/run", "{}", script, "X-API-Key: " + KEY)) {
            String id = response.header("Runtape-Run-Id");
            response.passOn(OutputStream.nullOutputStream());
            return id;
        }
    }

    /** The run without what differs between gateways. */
    private static String show(GatewayProcess gateway, String id) throws IOException {
        try (WireResponse response = gateway.client().get("/history/v1/runs/" + id, "X-API-Key: " + KEY)) {
            String run = new String(response.whole(), UTF_8);
            assertTrue(run.contains("\"frameCount\":" + FRAMES), run);
            return run.replaceAll("\"owner\":\"[^\"]*\"", "");
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
        HttpURLConnection imported = connection(to, "/import");
        imported.setRequestMethod("POST");
        imported.setDoOutput(true);
        imported.setChunkedStreamingMode(32 << 10);
        imported.setRequestProperty("Content-Type", "application/x-ndjson");
        try (InputStream archive = export.getInputStream();
                OutputStream body = imported.getOutputStream()) {
            bytes[0] = archive.transferTo(body);
        }
        assertEquals(200, imported.getResponseCode());
        try (InputStream summary = imported.getInputStream()) {
            return new String(summary.readAllBytes(), UTF_8);
        }
    }
}
