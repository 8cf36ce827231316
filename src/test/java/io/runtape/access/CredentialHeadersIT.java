package io.runtape.access;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In front of an agent API that knows its callers by other headers. */
class CredentialHeadersIT {

    private static final String ALICE = "Cookie: theme=dark; session=alice-4f9d1c7e";
    private static final String MALLORY = "Cookie: theme=dark; session=mallory-4f9d1c7e";

    private static final Duration EXIT = Duration.ofMinutes(2);

    @TempDir
    Path data;

    @Test
    void tellsCallersApartByTheHeadersThatAreNamed() throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream()) {
            Map<String, String> settings = GatewayProcess.onH2(data, upstream);
            settings.put("RUNTAPE_CREDENTIAL_HEADERS", "api-key, Cookie");
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                Scripted script = upstream.on(exchange -> exchange.streamHead("X-Echo: alice-4f9d1c7e")
                        .chunk("data: x\n\n")
                        .end());
                String key = "Idempotency-Key: shared";
                WireResponse first = gateway.client().post("/v1/run", "{}", script.header(), ALICE, key);
                first.whole();
                WireResponse mallory = gateway.client().post("/v1/run", "{}", script.header(), MALLORY, key);
                mallory.whole();
                WireResponse repeat = gateway.client().post("/v1/run", "{}", script.header(), ALICE, key);
                repeat.whole();

                assertFalse(mallory.head().has("Idempotent-Replayed"));
                assertEquals("true", repeat.header("Idempotent-Replayed"));
                assertFalse(repeat.head().has("X-Echo"), "an echoed credential is not stored");
                assertEquals(ALICE.substring(8), script.call().head().value("Cookie"));
                String run = "/history/v1/runs/" + first.header("Runtape-Run-Id");
                assertEquals(200, gateway.client().get(run, ALICE).status());
                assertEquals(404, gateway.client().get(run, MALLORY).status());
                // What is not named tells nobody apart.
                assertEquals(
                        200, gateway.client().get(run, ALICE, "X-API-Key: k").status());
                WireResponse two = gateway.client().get(run, ALICE, "api-key: k");
                assertEquals(400, two.status());
                WireResponse none = gateway.client().get(run, "X-API-Key: k");
                assertEquals(401, none.status());
                String told = new String(none.whole(), UTF_8);
                assertTrue(told.contains("api-key, Cookie"), told);
                assertFalse(String.join("\n", gateway.output()).contains("4f9d1c7e"));
                assertEquals(
                        "data: x\n\n",
                        new String(
                                gateway.client()
                                        .post(
                                                "/v1/run",
                                                "{}",
                                                upstream.on(Script.stream("data: x\n\n"))
                                                        .header())
                                        .whole(),
                                UTF_8));
            }
        }
    }

    @Test
    void doesNotStartWithAHeaderThatIsNoCredential() throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream()) {
            Map<String, String> settings = GatewayProcess.onH2(data, upstream);
            settings.put("RUNTAPE_CREDENTIAL_HEADERS", "X-API-Key,Content-Type");
            try (GatewayProcess gateway = GatewayProcess.start(settings)) {
                assertEquals(1, gateway.exit(EXIT));
                assertTrue(String.join("\n", gateway.output()).contains("RUNTAPE_CREDENTIAL_HEADERS"));
            }
        }
    }
}
