package io.runtape.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.BrittleLink;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.OwnPostgres;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.EOFException;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/**
 * The end of a run is committed, and the connection breaks before the gateway is told; then PostgreSQL stays away for longer than
 * runs wait for it.
 */
class UnansweredEndIT {

    private static final String KEY = "X-API-Key: unanswered-end";
    private static final String STREAM = "Accept: text/event-stream";
    private static final String FIRST = "data: first\n\n";
    private static final String LAST = "data: last\n\n";
    private static final String TAILED = "data: first\nid: 1\n\n";
    private static final String LAST_TAILED = "data: last\nid: 2\n\n";

    @Test
    void cutsTailsOffAndTellsTheEndToThoseThatComeBack() throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream();
                OwnPostgres postgres = OwnPostgres.start();
                BrittleLink link = new BrittleLink(postgres.port());
                RunTable table = new RunTable(postgres::connect);
                GatewayProcess gateway = start(link, upstream)) {
            CountDownLatch tailed = new CountDownLatch(1);
            Scripted script = upstream.on(exchange -> {
                exchange.streamHead().chunk(FIRST);
                tailed.await();
                exchange.chunk(LAST).end();
            });
            try (WireResponse live = gateway.client().post("/v1/run", "{}", script.header(), KEY)) {
                String id = live.header("Runtape-Run-Id");
                live.readUpTo(FIRST.length());
                String events = "/history/v1/runs/" + id + "/events";
                try (WireResponse tail = gateway.client().get(events, STREAM, KEY)) {
                    tail.readUpTo(TAILED.length());
                    link.loseResponsesTo("COMMIT", "with ended as");
                    tailed.countDown();
                    link.awaitLoss();
                    await("it is committed").until(() -> !table.run(id).running());

                    postgres.stopImmediately();

                    // The last frame may have had a commit of its own, which was answered.
                    String told = new String(tail.readAll(), UTF_8);
                    assertTrue(told.equals(TAILED) || told.equals(TAILED + LAST_TAILED), told);
                    assertEquals(WireResponse.End.CUT, tail.end());
                    live.readAll();
                    assertEquals(WireResponse.End.CUT, live.end());
                }
                link.cut();
                postgres.startAgain();

                String rest = RunTable.await("the tail goes on", () -> rest(gateway, events));
                assertEquals(
                        LAST_TAILED + "event: runtape.end\nid: 2\ndata: {\"runId\":\"" + id
                                + "\",\"status\":\"completed\",\"reason\":null,\"lastSequence\":2}\n\n",
                        rest);
            }
        }
    }

    /** What comes behind the first event; null where the reader is cut off, since the store is not back. */
    private static String rest(GatewayProcess gateway, String events) throws IOException {
        try (WireResponse back = gateway.client().get(events, STREAM, KEY, "Last-Event-ID: 1")) {
            back.readAll();
            return back.end() == WireResponse.End.CUT ? null : back.text();
        } catch (EOFException cutBeforeTheHead) {
            return null;
        }
    }

    private static GatewayProcess start(BrittleLink link, ScriptedUpstream upstream) throws Exception {
        // Without names for statements that come often, so that a commit is called that on its way.
        String database = OwnPostgres.address(link.port()) + "?prepareThreshold=0";
        Map<String, String> settings = GatewayProcess.onPostgres(database, upstream);
        settings.put("RUNTAPE_STORE_TIMEOUT", "2s");
        return GatewayProcess.start(settings, "-XX:TieredStopAtLevel=1", "-Xmx256m")
                .ready();
    }
}
