package io.runtape.pack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.Noise;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** H2's file does not grow with what is recorded, packed and deleted: it uses the space again. */
class FileGrowthIT {

    private static final int ROUNDS = 10;
    private static final long RUN_BYTES = 16L << 20;
    private static final int FRAME_BYTES = 4_000;
    private static final String KEY = "X-API-Key: growing";
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @Test
    void usesTheSpaceOfWhatIsDeletedAgain(@TempDir Path dataDir) throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream()) {
            Map<String, String> settings = GatewayProcess.onH2(dataDir, upstream);
            settings.put("RUNTAPE_PACK_AFTER", "0s");
            Path file = dataDir.resolve("runtape.mv.db");
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                for (int round = 1; round <= ROUNDS; round++) {
                    String run = record(gateway, upstream);
                    int packed = round;
                    RunTable.await(
                            "run " + packed + " is packed",
                            PATIENCE,
                            () -> gateway.management().metric("runtape_packed_runs_total") == packed ? true : null);
                    delete(gateway, run);
                }
                long recorded = ROUNDS * RUN_BYTES;
                assertTrue(
                        Files.size(file) < recorded / 3,
                        () -> "the file has " + file.toFile().length() + " bytes after " + recorded);
            }
        }
    }

    private static String record(GatewayProcess gateway, ScriptedUpstream upstream) throws Exception {
        Script script = exchange -> {
            exchange.streamHead();
            String noise = Noise.text(2 * FRAME_BYTES, 1);
            for (int i = 0; i < RUN_BYTES / FRAME_BYTES; i++) {
                // Parts of the same noise: a row has one of them, so that it can hardly be compressed.
                int from = i * 7 % FRAME_BYTES;
                exchange.chunk(("data: " + noise.substring(from, from + FRAME_BYTES) + "\n\n").getBytes(UTF_8));
            }
            exchange.end();
        };
        try (WireResponse response =
                gateway.client().post("/v1/run", "{}", upstream.on(script).header(), KEY)) {
            assertEquals(WireResponse.End.WHOLE, response.passOn(OutputStream.nullOutputStream()));
            return response.header("Runtape-Run-Id");
        }
    }

    private static void delete(GatewayProcess gateway, String id) throws Exception {
        try (WireResponse response = gateway.client().send("DELETE", "/history/v1/runs/" + id, new byte[0], KEY)) {
            assertEquals(204, response.status());
        }
    }
}
