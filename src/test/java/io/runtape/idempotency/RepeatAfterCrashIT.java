package io.runtape.idempotency;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;

/** The gateway is killed, and its clients repeat their calls with the same idempotency keys at the next one. */
class RepeatAfterCrashIT {

    private static final String SAID = "data: 1\n\n: beat\n\ndata: 2\n\n";

    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final CountDownLatch never = new CountDownLatch(1);

    @AfterEach
    void stop() {
        never.countDown();
        upstream.close();
    }

    @Test
    @Execution(CONCURRENT)
    void repeatsWhatWasRecordedOnH2(@TempDir Path dataDir) throws Exception {
        repeatsWhatWasRecorded(GatewayProcess.onH2(dataDir, upstream));
    }

    @Test
    @Execution(CONCURRENT)
    void repeatsWhatWasRecordedOnPostgres() throws Exception {
        Map<String, String> settings = GatewayProcess.onPostgres(PostgresServer.freshDatabase(), upstream);
        settings.put("RUNTAPE_NODE_LEASE", "3s");
        repeatsWhatWasRecorded(settings);
    }

    private void repeatsWhatWasRecorded(Map<String, String> settings) throws Exception {
        Scripted whole = upstream.on(Script.stream(SAID));
        Scripted broken = upstream.on(exchange -> {
            exchange.streamHead("X-Custom: kept").chunk(SAID);
            never.await();
        });
        Scripted unanswered = upstream.on(exchange -> never.await());
        WireResponse ended;
        WireResponse live;
        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            ended = post(gateway, whole, "ended");
            ended.whole();
            live = post(gateway, broken, "live");
            live.readUpTo(SAID.length());
            post(gateway, unanswered, "no head");
            unanswered.call();
            gateway.kill();
        }

        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            WireResponse endedAgain = post(gateway, whole, "ended");
            assertEquals(SAID, new String(endedAgain.whole(), UTF_8));
            assertEquals(ended.header("Runtape-Run-Id"), endedAgain.header("Runtape-Run-Id"));

            WireResponse liveAgain = post(gateway, broken, "live");
            assertEquals(SAID, new String(liveAgain.readAll(), UTF_8));
            assertEquals(WireResponse.End.CUT, liveAgain.end());
            assertEquals(200, liveAgain.status());
            assertEquals("kept", liveAgain.header("X-Custom"));
            assertEquals("true", liveAgain.header("Idempotent-Replayed"));
            assertEquals(live.header("Runtape-Run-Id"), liveAgain.header("Runtape-Run-Id"));
            WireResponse run =
                    gateway.client().get("/history/v1/runs/" + live.header("Runtape-Run-Id"), "X-API-Key: mine");
            assertTrue(new String(run.whole(), UTF_8).contains("\"reason\":\"gateway_lost\""), run.text());

            // The agent may be at work on it, so it is not called again, and its client is told so.
            WireResponse lost = post(gateway, unanswered, "no head");
            assertTrue(new String(lost.whole(), UTF_8).contains("\"internal_error\""), lost.text());
            assertEquals(500, lost.status());
            assertEquals("false", lost.header("x-should-retry"));
            WireResponse unheard =
                    gateway.client().get("/history/v1/runs/" + lost.header("Runtape-Run-Id"), "X-API-Key: mine");
            assertTrue(new String(unheard.whole(), UTF_8).contains("\"reason\":\"gateway_lost\""), unheard.text());

            assertCalledOnce(whole);
            assertCalledOnce(broken);
            assertTrue(unanswered.isUncalled());
        }
    }

    private static void assertCalledOnce(Scripted script) throws InterruptedException {
        script.call();
        assertTrue(script.isUncalled());
    }

    private static WireResponse post(GatewayProcess gateway, Scripted script, String key) throws IOException {
        String header = "Idempotency-Key: " + key.replace(' ', '-');
        return gateway.client().post("/v1/run", "{}", script.header(), "X-API-Key: mine", header);
    }
}
