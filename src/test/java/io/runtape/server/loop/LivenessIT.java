package io.runtape.server.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.OwnPostgres;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Liveness tells of what only a new process can mend, and of nothing else. */
class LivenessIT {

    private static final Map<String, String> ALIVE = Map.of("committer", "UP", "event loops", "UP", "http", "200");

    private static final int WORKERS = 4;

    private static final int ASKED = 10;

    private final ScriptedUpstream upstream = new ScriptedUpstream();

    @AfterEach
    void stop() {
        upstream.close();
    }

    @Test
    void isAliveWhileTheDatabaseStandsStillAndHoldsAllWorkers() throws Exception {
        try (OwnPostgres own = OwnPostgres.start()) {
            Map<String, String> settings = GatewayProcess.onPostgres(own.address(), upstream);
            settings.put("QUARKUS_THREAD_POOL_MAX_THREADS", Integer.toString(WORKERS));
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                assertEquals(ALIVE, gateway.management().liveness());

                own.freeze();
                List<WireResponse> waiting = new ArrayList<>();
                for (int i = 0; i < 2 * WORKERS; i++) {
                    waiting.add(gateway.client().get("/history/v1/runs", "X-API-Key: liveness"));
                }

                for (int i = 0; i < ASKED; i++) {
                    assertEquals(ALIVE, gateway.management().liveness());
                }
                own.thaw();
                for (WireResponse response : waiting) {
                    response.close();
                }
            }
        }
    }
}
