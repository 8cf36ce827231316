package io.runtape.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.Http2Client;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;

/** A gateway that is told to stop lets its runs end, and its readers go on at another one. */
@Execution(CONCURRENT)
class RollingRestartIT {

    private static final Duration EXIT = Duration.ofSeconds(60);

    /** What a JVM says that was told to stop. */
    private static final int TERMINATED = 143;

    private final TwoGateways cluster = new TwoGateways();

    @AfterEach
    void stop() throws Exception {
        cluster.close();
    }

    private static String event(int n) {
        return "data: " + n + "\n\n";
    }

    private static String tailed(int n) {
        return "data: " + n + "\nid: " + n + "\n\n";
    }

    private static String end(String run, String outcome, int last) {
        return "event: runtape.end\nid: " + last + "\ndata: {\"runId\":\"" + run + "\"," + outcome
                + ",\"lastSequence\":" + last + "}\n\n";
    }

    private static final String COMPLETED = "\"status\":\"completed\",\"reason\":null";

    private static final String STOPPED = "\"status\":\"failed\",\"reason\":\"gateway_stopped\"";

    /** A run that says one event, and the second one when it may. */
    private static Script twoEvents(CountDownLatch second) {
        return exchange -> {
            exchange.streamHead().chunk(event(1));
            second.await();
            exchange.chunk(event(2)).end();
        };
    }

    @Test
    void waitsForNobodyWhoWaitsForAThreadsNextRun() throws Exception {
        GatewayProcess stopping = cluster.start();
        try (WireResponse ended = cluster.post(stopping, Script.stream(event(1)), "Runtape-Thread-Id: quiet")) {
            ended.whole();
        }
        try (WireResponse tail = cluster.tail(stopping, "/threads/quiet/events?after=4294967297")) {
            assertEquals(200, tail.status());

            stopping.terminate();

            tail.readAll();
            assertEquals(WireResponse.End.CUT, tail.end());
        }
        assertEquals(TERMINATED, stopping.exit(EXIT));
        assertEquals(
                List.of(),
                stopping.output().stream()
                        .filter(line -> line.contains(" ERROR "))
                        .toList());
    }

    private static void awaitNotReady(GatewayProcess gateway) {
        RunTable.await("it is not ready", () -> {
            return gateway.management().readiness().get("http").equals("503") ? true : null;
        });
    }

    @Test
    void servesUntilItsLiveRunsHaveEnded() throws Exception {
        GatewayProcess stopping = cluster.start();
        CountDownLatch second = new CountDownLatch(1);
        try (WireResponse live = cluster.post(stopping, twoEvents(second))) {
            String id = live.header("Runtape-Run-Id");
            live.readUpTo(event(1).length());
            try (WireResponse tail = cluster.tail(stopping, "/runs/" + id + "/events")) {
                tail.readUpTo(tailed(1).length());

                stopping.terminate();

                awaitNotReady(stopping);
                assertTakesNoNewRun(stopping);
                assertEquals("running", cluster.run(stopping, id).getString("status"));
                try (WireResponse another = cluster.tail(stopping, "/runs/" + id + "/events");
                        Http2Client client = new Http2Client(stopping.port())) {
                    another.readUpTo(tailed(1).length());
                    int shared = client.request(
                            "GET",
                            "/history/v1/runs/" + id + "/events",
                            true,
                            TwoGateways.CREDENTIAL,
                            TwoGateways.STREAM);
                    client.readUpTo(shared, tailed(1).length());
                    assertGoesAway(client);
                    second.countDown();
                    String whole = tailed(1) + tailed(2) + end(id, COMPLETED, 2);
                    assertEquals(whole, new String(tail.whole(), UTF_8));
                    assertEquals(whole, new String(another.whole(), UTF_8));
                    assertEquals(whole, client.answer(shared).text());
                    assertEquals(event(1) + event(2), new String(live.whole(), UTF_8));
                }
            }
            assertEquals(TERMINATED, stopping.exit(EXIT));
            assertEquals("completed", cluster.table().run(id).outcome());
        }
    }

    /** A repeat is a reader: it begins nothing, whether the run is live or has ended. */
    @Test
    void repeatsCallsThatHaveARunUntilItsLiveRunsHaveEnded() throws Exception {
        GatewayProcess stopping = cluster.start();
        CountDownLatch second = new CountDownLatch(1);
        String[] keys = {"Idempotency-Key: live", "Idempotency-Key: ended", "Idempotency-Key: new"};
        try (WireResponse ended = cluster.post(stopping, Script.stream(event(3)), keys[1]);
                WireResponse live = cluster.post(stopping, twoEvents(second), keys[0])) {
            ended.whole();
            live.readUpTo(event(1).length());
            int runs = cluster.table().runs().size();

            stopping.terminate();

            awaitNotReady(stopping);
            try (WireResponse repeat = cluster.post(stopping, Script.stream("data: again\n\n"), keys[0])) {
                assertEquals(200, repeat.status());
                assertEquals("true", repeat.header("Idempotent-Replayed"));
                assertEquals(live.header("Runtape-Run-Id"), repeat.header("Runtape-Run-Id"));
                repeat.readUpTo(event(1).length());
                try (WireResponse other = cluster.post(stopping, Script.stream("data: again\n\n"), keys[1])) {
                    assertEquals(200, other.status());
                    assertEquals(event(3), new String(other.whole(), UTF_8));
                }
                assertTakesNoNewRun(stopping, keys[2]);
                second.countDown();
                assertEquals(event(1) + event(2), new String(repeat.whole(), UTF_8));
            }
            live.whole();
            assertEquals(TERMINATED, stopping.exit(EXIT));
            assertEquals(runs, cluster.table().runs().size());
        }
    }

    private void assertTakesNoNewRun(GatewayProcess gateway, String... headerLines) throws IOException {
        try (WireResponse refused = cluster.post(gateway, Script.stream(event(1)), headerLines)) {
            assertSentElsewhere(refused);
        }
    }

    private static void assertSentElsewhere(WireResponse refused) throws IOException {
        assertEquals(503, refused.status());
        assertNotNull(refused.header("Retry-After"));
        assertEquals("close", refused.header("Connection"));
        refused.whole();
        assertTrue(refused.text().contains("\"shutting_down\""), refused::text);
    }

    @Test
    void sendsCallsElsewhereWhoseBodiesComeWhileItStops() throws Exception {
        GatewayProcess stopping = cluster.start();
        CountDownLatch second = new CountDownLatch(1);
        byte[] body = "{}".getBytes(UTF_8);
        try (WireResponse live = cluster.post(stopping, twoEvents(second));
                Http2Client client = new Http2Client(stopping.port())) {
            live.readUpTo(event(1).length());
            // A body may stand still for seconds only: what is done meanwhile is done for the second time.
            assertEquals(404, client.answer(askForNone(client)).status());
            assertEquals("200", stopping.management().readiness().get("http"));
            try (WireResponse late = stopping.client()
                    .sendHead(
                            "POST",
                            "/v1/run",
                            TwoGateways.CREDENTIAL,
                            "Content-Type: application/json",
                            "Content-Length: " + body.length,
                            "Expect: 100-continue")) {
                late.awaitContinue();
                int shared = client.request(
                        "POST", "/v1/run", false, TwoGateways.CREDENTIAL, "Content-Type: application/json");
                // Whoever has answered this one has the head of the one before.
                assertEquals(404, client.answer(askForNone(client)).status());

                stopping.terminate();
                awaitNotReady(stopping);

                late.write(body);
                assertSentElsewhere(late);
                client.data(shared, body, true);
                assertEquals(503, client.answer(shared).status());
                assertEquals(Http2Client.NO_ERROR, client.goAway());
            }
            second.countDown();
            live.whole();
        }
        assertEquals(TERMINATED, stopping.exit(EXIT));
    }

    private static int askForNone(Http2Client client) throws IOException {
        return client.request("GET", "/history/v1/runs/none", true, TwoGateways.CREDENTIAL);
    }

    private static void assertGoesAway(Http2Client client) throws IOException {
        int run = client.request("POST", "/v1/run", false, TwoGateways.CREDENTIAL, "Content-Type: application/json");
        client.data(run, "{}".getBytes(UTF_8), true);
        assertEquals(503, client.answer(run).status());
        assertEquals(Http2Client.NO_ERROR, client.goAway());
    }

    @Test
    void endsRunsThatTakeTooLong() throws Exception {
        GatewayProcess stopping = cluster.start("RUNTAPE_DRAIN_TIMEOUT", "2s");
        GatewayProcess staying = cluster.start();
        CountDownLatch never = new CountDownLatch(1);
        try (WireResponse live = cluster.post(stopping, twoEvents(never))) {
            String id = live.header("Runtape-Run-Id");
            live.readUpTo(event(1).length());
            try (WireResponse here = cluster.tail(stopping, "/runs/" + id + "/events");
                    WireResponse there = cluster.tail(staying, "/runs/" + id + "/events")) {
                here.readUpTo(tailed(1).length());
                there.readUpTo(tailed(1).length());

                stopping.terminate();

                String whole = tailed(1) + end(id, STOPPED, 1);
                assertEquals(whole, new String(here.whole(), UTF_8));
                assertEquals(whole, new String(there.whole(), UTF_8));
                live.readAll();
                assertEquals(event(1), live.text());
                assertEquals(WireResponse.End.CUT, live.end());
            }
            assertEquals(TERMINATED, stopping.exit(EXIT));
            assertEquals("failed/gateway_stopped", cluster.table().run(id).outcome());
            assertEquals(1, cluster.table().sum(id).count());
        } finally {
            never.countDown();
        }
    }

    /** Its readers are cut off when it goes, and none is told by a status that it need not come back. */
    @Test
    void handsReadersOfOtherGatewaysRunsOver() throws Exception {
        GatewayProcess stopping = cluster.start();
        GatewayProcess staying = cluster.start();
        CountDownLatch second = new CountDownLatch(1);
        try (WireResponse live = cluster.post(staying, twoEvents(second));
                WireResponse tail = cluster.tail(stopping, "/runs/" + live.header("Runtape-Run-Id") + "/events")) {
            String id = live.header("Runtape-Run-Id");
            tail.readUpTo(tailed(1).length());

            stopping.terminate();
            int refused = reconnectUntilGone(stopping, id);

            tail.readAll();
            // A stop may last for longer than a tail is silent.
            assertEquals(tailed(1), tail.text().replace(": keep-alive\n\n", ""));
            assertEquals(WireResponse.End.CUT, tail.end());
            assertEquals(0, refused, "answers that an EventSource takes for the last word");
            assertEquals(TERMINATED, stopping.exit(EXIT));
            second.countDown();
            try (WireResponse resumed = cluster.tail(staying, "/runs/" + id + "/events", "Last-Event-ID: 1")) {
                assertEquals(tailed(2) + end(id, COMPLETED, 2), new String(resumed.whole(), UTF_8));
            }
            live.whole();
        }
        assertFalse(stopping.isAlive());
    }

    /** Returns how often it was answered with another status than 200. */
    private int reconnectUntilGone(GatewayProcess stopping, String id) {
        int refused = 0;
        while (stopping.isAlive()) {
            try (WireResponse tail = cluster.tail(stopping, "/runs/" + id + "/events")) {
                if (tail.status() != 200) {
                    refused++;
                }
            } catch (IOException cut) {
                // As it should be.
            }
        }
        return refused;
    }
}
