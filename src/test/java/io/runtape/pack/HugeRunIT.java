package io.runtape.pack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.NoisyRuns;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run with as many bytes as the heap of its gateway is packed and deleted on H2, which keeps in memory what a statement deletes. */
class HugeRunIT {

    private static final String HEAP = "-Xmx256m";
    private static final long RUN_BYTES = 256L << 20;

    /** Each is a row of its own. */
    private static final int FRAME_BYTES = 40_000;

    private static final String KEY = "X-API-Key: huge";
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    @Test
    void isPackedAndDeletedInPieces(@TempDir Path dataDir) throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream()) {
            Map<String, String> settings = GatewayProcess.onH2(dataDir, upstream);
            settings.put("RUNTAPE_PACK_AFTER", "off");
            String packed;
            try (GatewayProcess gateway = start(settings)) {
                String unpacked = NoisyRuns.record(gateway, upstream, RUN_BYTES, FRAME_BYTES, KEY);
                packed = NoisyRuns.record(gateway, upstream, RUN_BYTES, FRAME_BYTES, KEY);
                assertEquals(204, delete(gateway, unpacked));
            }
            settings.put("RUNTAPE_PACK_AFTER", "1s");
            try (GatewayProcess gateway = start(settings)) {
                RunTable.await("it is packed", PATIENCE, () -> {
                    assertTrue(gateway.isAlive(), () -> String.join("\n", gateway.output()));
                    return gateway.management().metric("runtape_packed_runs_total") == 1 ? true : null;
                });
                assertEquals(204, delete(gateway, packed));
            }
        }
    }

    private static GatewayProcess start(Map<String, String> settings) throws Exception {
        return GatewayProcess.start(settings, HEAP, GatewayProcess.BOTH_COMPILERS)
                .ready();
    }

    private static int delete(GatewayProcess gateway, String id) throws Exception {
        return RunTable.await("run " + id + " has ended", PATIENCE, () -> {
            try (WireResponse response = gateway.client()
                    .send("DELETE", "/history/v1/runs/" + id, new byte[0], KEY)
                    .patient(PATIENCE)) {
                return response.status() == 409 ? null : response.status();
            }
        });
    }
}
