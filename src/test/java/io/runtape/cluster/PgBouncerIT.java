package io.runtape.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PgBouncer;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Gateways behind PgBouncer in transaction mode; only what listens goes past it. Skipped on machines without PgBouncer. */
class PgBouncerIT {

    private static TwoGateways cluster;
    private static PgBouncer bouncer;
    private static GatewayProcess recording;
    private static GatewayProcess reading;

    @BeforeAll
    static void start() throws IOException {
        Assumptions.assumeTrue(PgBouncer.isInstalled(), "there is no PgBouncer on this machine");
        cluster = new TwoGateways();
        PostgresServer.lookUpInSchema(cluster.database());
        bouncer = PgBouncer.start(cluster.database());
        recording = gateway();
        reading = gateway();
    }

    @AfterAll
    static void stop() throws Exception {
        if (cluster != null) {
            cluster.close();
            bouncer.close();
        }
    }

    private static GatewayProcess gateway() throws IOException {
        return cluster.start(
                "RUNTAPE_DATABASE_URL", bouncer.address(), "RUNTAPE_DATABASE_DIRECT_URL", cluster.database());
    }

    private static String event(int i) {
        return "data: " + i + "\n\n";
    }

    private static String events(int from, int to) {
        return IntStream.rangeClosed(from, to).mapToObj(PgBouncerIT::event).collect(Collectors.joining());
    }

    private static String tailed(int from, int to) {
        return IntStream.rangeClosed(from, to)
                .mapToObj(i -> "data: " + i + "\nid: " + i + "\n\n")
                .collect(Collectors.joining());
    }

    private static String end(String run, int last) {
        return "event: runtape.end\nid: " + last + "\ndata: {\"runId\":\"" + run
                + "\",\"status\":\"completed\",\"reason\":null,\"lastSequence\":" + last + "}\n\n";
    }

    /** Single frames and bursts of thousands, which are written in different ways. */
    @Test
    void recordsAndReadsAsWithoutIt() throws Exception {
        CountDownLatch burst = new CountDownLatch(1);
        Script script = exchange -> {
            exchange.streamHead();
            for (int i = 1; i <= 50; i++) {
                exchange.chunk(event(i));
                TimeUnit.MILLISECONDS.sleep(2);
            }
            burst.await();
            exchange.chunk(events(51, 10_000)).end();
        };
        List<WireResponse> live = new ArrayList<>();
        List<WireResponse> tails = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            WireResponse response = cluster.post(recording, script);
            live.add(response);
            tails.add(cluster.tail(reading, "/runs/" + response.header("Runtape-Run-Id") + "/events"));
        }
        for (WireResponse tail : tails) {
            assertEquals(tailed(1, 50), new String(tail.readUpTo(tailed(1, 50).length()), UTF_8));
        }
        burst.countDown();
        for (int i = 0; i < live.size(); i++) {
            String id = live.get(i).header("Runtape-Run-Id");
            byte[] whole = live.get(i).whole();
            assertEquals(events(1, 10_000), new String(whole, UTF_8));
            assertEquals(
                    tailed(1, 10_000) + end(id, 10_000), new String(tails.get(i).whole(), UTF_8));
            assertArrayEquals(whole, cluster.table().bytes(id));
            JsonObject run = cluster.run(reading, id);
            assertEquals("completed", run.getString("status"));
            assertEquals(10_000, run.getInteger("frameCount"));
        }
        RunTable.await("one session a gateway listens", () -> cluster.listening() == 2 ? true : null);
    }

    @Test
    void waitsForItWhenItGoesAndComesBack() throws Exception {
        Semaphore words = new Semaphore(0);
        int last = 200;
        Script script = exchange -> {
            exchange.streamHead();
            for (int i = 1; i <= last; i++) {
                words.acquire();
                exchange.chunk(event(i));
            }
            exchange.end();
        };
        try (WireResponse live = cluster.post(recording, script);
                WireResponse tail = cluster.tail(reading, "/runs/" + live.header("Runtape-Run-Id") + "/events")) {
            words.release(50);
            tail.readUpTo(tailed(1, 50).length());

            bouncer.kill();
            words.release(50);
            RunTable.await(
                    "it is known to be away",
                    () -> recording.management().readiness().get("database").equals("DOWN") ? true : null);
            bouncer.startAgain();
            words.release(100);

            String id = live.header("Runtape-Run-Id");
            assertEquals(events(1, last), new String(live.whole(), UTF_8));
            // While nothing could be written the tail may have been kept alive.
            assertEquals(
                    tailed(1, last) + end(id, last), new String(tail.whole(), UTF_8).replace(": keep-alive\n\n", ""));
            assertTrue(cluster.table().sum(id).inSequence());
        }
    }

    @Test
    void cancelsAtTheOtherGateway() throws Exception {
        Script script = exchange -> exchange.streamHead().chunk(event(1)).awaitPeerGone();
        try (WireResponse live = cluster.post(recording, script)) {
            String id = live.header("Runtape-Run-Id");
            live.readUpTo(event(1).length());

            try (WireResponse cancel =
                    reading.client().post("/history/v1/runs/" + id + "/cancel", "", TwoGateways.CREDENTIAL)) {
                cancel.whole();
                assertTrue(cancel.text().contains("\"cancelled\""), cancel::text);
            }
        }
    }
}
