package io.runtape.pack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.NoisyRuns;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
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
                    String run = NoisyRuns.record(gateway, upstream, RUN_BYTES, FRAME_BYTES, KEY);
                    int packed = round;
                    RunTable.await(
                            "run " + packed + " is packed",
                            PATIENCE,
                            () -> gateway.management().metric("runtape_packed_runs_total") == packed ? true : null);
                    delete(gateway, run);
                }
                long recorded = ROUNDS * RUN_BYTES;
                String size = "the file has %d of %d MiB".formatted(Files.size(file) >> 20, recorded >> 20);
                System.out.println("pack: " + size);
                assertTrue(Files.size(file) < recorded / 3, size);
            }
        }
    }

    private static void delete(GatewayProcess gateway, String id) throws Exception {
        try (WireResponse response = gateway.client().send("DELETE", "/history/v1/runs/" + id, new byte[0], KEY)) {
            assertEquals(204, response.status());
        }
    }
}
