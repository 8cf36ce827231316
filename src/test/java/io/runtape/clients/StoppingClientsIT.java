package io.runtape.clients;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the clients show while a gateway stops, which takes no new runs and lets the live ones end. */
class StoppingClientsIT {

    private static final List<String> PRESETS = List.of("openai", "anthropic", "langgraph", "aisdk", "agui");
    private static final String FIRST = "data: 1\n\n";
    private static final String SECOND = "data: 2\n\n";
    private static final String SCENARIO = "stopping";

    @TempDir
    Path data;

    @Test
    void clientsShowThatItTakesNoNewRuns() throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream()) {
            Map<String, String> settings = GatewayProcess.onH2(data, upstream);
            PRESETS.forEach(preset ->
                    settings.put("RUNTAPE_UPSTREAMS_" + preset.toUpperCase(Locale.ROOT) + "_URL", upstream.url()));
            CaseAgent playing = new CaseAgent();
            Scripted agent = upstream.on(playing);
            CountDownLatch end = new CountDownLatch(1);
            Scripted live = upstream.on(exchange -> {
                exchange.streamHead().chunk(FIRST);
                end.await();
                exchange.chunk(SECOND).end();
            });
            try (GatewayProcess gateway = GatewayProcess.start(settings);
                    WireResponse stream = gateway.client().post("/v1/run", "{}", live.header())) {
                stream.readUpTo(FIRST.length());

                gateway.terminate();

                RunTable.await(
                        "it is not ready",
                        () -> gateway.management().readiness().get("http").equals("503") ? true : null);
                String url = "http://127.0.0.1:" + gateway.port();
                ClientScenarios.run(url, upstream, agent, "refused.mjs", "openai", "stopping");
                RefusedJavaCalls.assertRefused(
                        api -> JavaCall.of(url + api.prefix(), "rt_test_stopping", agent, SCENARIO, api.text(), "now"),
                        503,
                        "The gateway is stopping and takes no new runs.",
                        Duration.ofSeconds(5));
                assertEquals(List.of(), playing.callsOf(SCENARIO));
                end.countDown();
                assertEquals(FIRST + SECOND, new String(stream.whole(), UTF_8));
            }
        }
    }
}
