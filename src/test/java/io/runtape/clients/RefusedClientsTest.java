package io.runtape.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.ShortBounds;
import io.runtape.testsupport.StoreLock;
import io.runtape.testsupport.WireResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The gateway's own errors as the clients show them: its message, its code and the id of the request. */
abstract class RefusedClientsTest extends ClientScenarios {

    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    private final String key = "rt_test_" + UUID.randomUUID();

    @Test
    void clientsShowThatABoundIsReached() throws Exception {
        run("refused.mjs", "openai", "bounds");
    }

    @Test
    void clientsShowThatTooManyRunsAreLive() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        Scripted held = upstream.on(exchange -> {
            exchange.streamHead();
            end.await();
            exchange.end();
        });
        List<WireResponse> live = new ArrayList<>();
        for (int i = 0; i < ShortBounds.LIVE_RUNS_OF_OWNER_MAX; i++) {
            live.add(client().post(ShortBounds.PATIENT_PATH, "{}", held.header(), "X-API-Key: " + key));
            assertEquals(200, live.get(i).status());
        }
        try {
            run("refused.mjs", "openai", "full", key);
            RefusedJavaCalls.assertRefused(this::call, 429, "Too many of your runs are live.", RETRY_AFTER);
        } finally {
            end.countDown();
        }
        assertEquals(List.of(), playing.callsOf(key));
        for (WireResponse response : live) {
            response.whole();
        }
    }

    @Test
    void clientsShowThatTheDatabaseDoesNotAnswer() throws Exception {
        try (StoreLock lock = StoreLock.onRuns(store())) {
            run("refused.mjs", "openai", "away");
            RefusedJavaCalls.assertRefused(this::call, 503, "The database does not answer.", RETRY_AFTER);
        }

        assertEquals(List.of(), playing.callsOf(key));
        RunTable.await("the gateway takes calls again", () -> {
            try (WireResponse response = client().post(
                            "/v1/run", "{}", upstream.on(Script.json(200, "{}")).header())) {
                return response.status() == 200 ? true : null;
            }
        });
    }

    private JavaCall call(JavaApi api) {
        return JavaCall.of(url() + api.prefix(), key, agent, key, api.text(), "now");
    }
}
