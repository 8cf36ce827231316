package io.runtape.server.warmup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PrivateCa;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import io.smallrye.certs.PemCertificateFiles;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway gets ready, whatever it listens to, and leaves nothing of what it did before. */
class WarmUpIT {

    @TempDir
    Path directory;

    @Test
    void leavesNothingInTheHistoryAndCallsNoAgent() throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream();
                GatewayProcess gateway = GatewayProcess.start(GatewayProcess.onH2(directory, upstream))
                        .ready()) {
            assertEquals("UP", gateway.management().readiness().get("warm-up"));

            assertTrue(upstream.received().isEmpty());
            try (WireResponse response = gateway.client().get("/history/v1/runs", "Authorization: Bearer warm-up")) {
                assertEquals(new JsonArray(), new JsonObject(new String(response.whole(), UTF_8)).getJsonArray("data"));
            }
        }
    }

    @Test
    void getsReadyOverTlsAlone() throws Exception {
        PemCertificateFiles certificate = new PrivateCa(directory, "ca").issue("gateway");
        try (ScriptedUpstream upstream = new ScriptedUpstream()) {
            Map<String, String> settings = GatewayProcess.onH2(directory.resolve("data"), upstream);
            settings.put("QUARKUS_HTTP_INSECURE_REQUESTS", "disabled");
            settings.put("QUARKUS_HTTP_SSL_PORT", "0");
            settings.put(
                    "QUARKUS_HTTP_SSL_CERTIFICATE_FILES", certificate.certFile().toString());
            settings.put(
                    "QUARKUS_HTTP_SSL_CERTIFICATE_KEY_FILES",
                    certificate.keyFile().toString());
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                assertEquals("UP", gateway.management().readiness().get("warm-up"));
            }
        }
    }
}
