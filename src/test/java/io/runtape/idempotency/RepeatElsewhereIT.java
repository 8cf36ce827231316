package io.runtape.idempotency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.cluster.TwoGateways;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A call is repeated, with its idempotency key, at another gateway than its first one. */
class RepeatElsewhereIT {

    private static final int CALLS = 5;

    private static final String FIRST = "data: first\n\n";
    private static final String REST = "id: 7\ndata: second\n\n: a comment\n\ndata: third\n\n";

    private static final String KEEP_ALIVE = ": keep-alive\n\n";

    /** Longer than a busy machine may leave a healthy gateway without a processor. */
    private static final String[] LEASE = {"RUNTAPE_NODE_LEASE", "6s"};

    private static final TwoGateways CLUSTER = new TwoGateways();

    private static final ExecutorService CALLERS = Executors.newFixedThreadPool(CALLS);

    private static GatewayProcess first;
    private static GatewayProcess second;

    @BeforeAll
    static void start() throws IOException {
        first = CLUSTER.start(LEASE);
        second = CLUSTER.start(LEASE);
    }

    @AfterAll
    static void stop() throws Exception {
        CALLERS.shutdownNow();
        CLUSTER.close();
    }

    private static WireResponse post(GatewayProcess gateway, Scripted script, String key, String body)
            throws IOException {
        return gateway.client()
                .post("/v1/run", body, TwoGateways.CREDENTIAL, script.header(), "Idempotency-Key: " + key);
    }

    /** An agent that says the rest when it is told to. */
    private static Scripted agent(CountDownLatch goOn) {
        return CLUSTER.upstream().on(exchange -> {
            exchange.streamHead("X-Run-ID: theirs").chunk(FIRST);
            goOn.await(30, TimeUnit.SECONDS);
            exchange.chunk(REST).end();
        });
    }

    /** Five equal calls at once, on two gateways, are one run. */
    @Test
    void equalCallsAtOnceRunTheAgentOnce() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        Scripted script = agent(goOn);
        List<Future<WireResponse>> calls = new ArrayList<>();
        CountDownLatch begun = new CountDownLatch(CALLS);
        for (int i = 0; i < CALLS; i++) {
            GatewayProcess gateway = i % 2 == 0 ? first : second;
            calls.add(CALLERS.submit(() -> {
                WireResponse response = post(gateway, script, "at-once", "{\"n\":1}");
                response.readUpTo(FIRST.length());
                begun.countDown();
                response.whole();
                return response;
            }));
        }
        // All of them follow the run while it is live.
        assertTrue(begun.await(30, TimeUnit.SECONDS), "not all calls got the beginning");
        goOn.countDown();

        List<String> runs = new ArrayList<>();
        int repeats = 0;
        for (Future<WireResponse> call : calls) {
            try (WireResponse response = call.get(30, TimeUnit.SECONDS)) {
                assertEquals(200, response.status());
                assertEquals(FIRST + REST, response.text());
                assertEquals("theirs", response.header("X-Run-ID"));
                runs.add(response.header("Runtape-Run-Id"));
                repeats += response.head().has("Idempotent-Replayed") ? 1 : 0;
            }
        }
        assertEquals(Collections.nCopies(CALLS, runs.get(0)), runs);
        assertEquals(CALLS - 1, repeats);
        script.call();
        assertTrue(script.isUncalled(), "the agent ran twice");
    }

    @Test
    void aRepeatGoesOnWhereItWas() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        Scripted script = agent(goOn);
        try (WireResponse response = post(first, script, "goes-on", "{\"n\":2}")) {
            response.readUpTo(FIRST.length());
            try (WireResponse repeat = second.client()
                    .post(
                            "/v1/run",
                            "{\"n\":2}",
                            TwoGateways.CREDENTIAL,
                            script.header(),
                            "Idempotency-Key: goes-on",
                            "Last-Event-ID: 1")) {
                assertEquals(200, repeat.status());
                goOn.countDown();
                repeat.whole();
                assertEquals(REST, repeat.text());
            }
            response.whole();
        }
    }

    /** The response frees the key, but those who waited for it get it, and the agent does not run for them. */
    @Test
    void whoWaitsForARefusalGetsIt() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        Scripted script = CLUSTER.upstream().on(exchange -> {
            goOn.await(30, TimeUnit.SECONDS);
            Script.json(503, "{\"error\":\"busy\"}").answer(exchange);
        });
        String body = "{\"n\":6}";
        try (WireResponse response = post(first, script, "refused", body)) {
            script.call();
            try (WireResponse repeat = post(second, script, "refused", body);
                    WireResponse early = second.client()
                            .post(
                                    "/v1/run",
                                    body,
                                    TwoGateways.CREDENTIAL,
                                    script.header(),
                                    "Idempotency-Key: refused",
                                    "Runtape-Keep-Alive: 5; early")) {
                // It comes although the run has no head yet, and by then both have found the run.
                early.readUpTo(KEEP_ALIVE.length());
                assertEquals("true", early.header("Idempotent-Replayed"));
                goOn.countDown();

                response.whole();
                assertEquals(503, response.status());
                repeat.whole();
                assertEquals(503, repeat.status());
                assertEquals(response.text(), repeat.text());
                assertEquals(response.header("Runtape-Run-Id"), repeat.header("Runtape-Run-Id"));
                assertEquals(response.header("Runtape-Run-Id"), early.header("Runtape-Run-Id"));
                early.whole();
                assertTrue(early.text().contains("\n\nevent: error\n"), early::text);
            }
        }
        assertTrue(script.isUncalled(), "the agent ran again");
    }

    @Test
    void anotherBodyIsRefusedEverywhere() throws Exception {
        Scripted script = CLUSTER.upstream().on(Script.stream(FIRST));
        try (WireResponse response = post(first, script, "reused", "{\"n\":3}")) {
            response.whole();
            assertFalse(response.head().has("Idempotent-Replayed"));
        }

        try (WireResponse response = post(second, script, "reused", "{\"n\":4}")) {
            response.whole();
            assertEquals(422, response.status());
            assertTrue(response.text().contains("idempotency_key_reused"), response.text());
        }
    }

    /** The gateway of the first call dies: its repeat gets what was recorded, and is cut off as the first one was. */
    @Test
    void aRepeatOfALostRunIsCutOffWhereTheRunWas() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        Scripted script = agent(never);
        GatewayProcess lost = CLUSTER.start(LEASE);
        try (WireResponse response = post(lost, script, "lost", "{\"n\":5}")) {
            response.readUpTo(FIRST.length());
            try (WireResponse repeat = post(second, script, "lost", "{\"n\":5}")) {
                repeat.readUpTo(FIRST.length());

                lost.kill();

                repeat.readAll();
                assertEquals(FIRST, repeat.text());
                assertEquals(WireResponse.End.CUT, repeat.end());
            }
        } finally {
            never.countDown();
        }
        try (WireResponse later = post(first, script, "lost", "{\"n\":5}")) {
            later.readAll();
            assertEquals(FIRST, later.text());
            assertEquals(WireResponse.End.CUT, later.end());
            assertEquals(
                    "gateway_lost",
                    CLUSTER.run(first, later.header("Runtape-Run-Id")).getString("reason"));
        }
        script.call();
        assertTrue(script.isUncalled(), "the agent ran twice");
    }
}
