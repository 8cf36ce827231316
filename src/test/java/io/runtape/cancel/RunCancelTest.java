package io.runtape.cancel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.ReceivedCall;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Cancels of runs that are recorded here. */
abstract class RunCancelTest extends RecordedHistory {

    private static final int RACES = 30;

    private static final String FIRST = "data: first\n\n";

    private final String credential = "X-API-Key: " + key;

    /** An agent that answers calls by one script and cancels by another. */
    private Scripted agent(Script run, Script cancel) {
        return upstream.on(exchange -> (exchange.call().target().endsWith("/cancel") ? cancel : run).answer(exchange));
    }

    /** Speaks once, under that id, and goes on for ever. */
    private static Script endless(String upstreamId) {
        return exchange ->
                exchange.streamHead("X-Run-ID: " + upstreamId).chunk(FIRST).awaitPeerGone();
    }

    private WireResponse post(Scripted script) throws IOException {
        return client().post("/v1/run", "{}", credential, script.header());
    }

    private Map<String, Object> cancel(String id) {
        return history()
                .post("/runs/" + id + "/cancel")
                .then()
                .statusCode(200)
                .extract()
                .path("data");
    }

    private Map<String, Object> run(String id) {
        return json("/runs/" + id).getMap("data");
    }

    @Test
    void endsTheRunForEveryReaderAndAtTheAgentApi() throws Exception {
        Scripted script = agent(endless("theirs"), Script.json(200, "{}"));
        try (WireResponse live = post(script)) {
            String id = live.header("Runtape-Run-Id");
            live.readUpTo(FIRST.length());
            script.call();
            try (WireResponse tail =
                    client().get("/history/v1/runs/" + id + "/events", "Accept: text/event-stream", credential)) {
                tail.status();

                Map<String, Object> run = cancel(id);

                assertEquals("cancelled", run.get("status"));
                assertEquals("cancel_requested", run.get("reason"));
                ReceivedCall call = script.call();
                assertEquals("POST", call.method());
                assertEquals("/v1/run/theirs/cancel", call.target());
                assertTrue(call.lines().contains(credential), "asked as the caller would");
                assertEquals(
                        "data: first\nid: 1\n\nevent: runtape.end\nid: 1\ndata: {\"runId\":\"" + id
                                + "\",\"status\":\"cancelled\",\"reason\":\"cancel_requested\",\"lastSequence\":1}\n\n",
                        new String(tail.whole(), UTF_8));
                live.readAll();
                assertEquals(FIRST, live.text());
                assertEquals(WireResponse.End.CUT, live.end());
                assertEquals(run, cancel(id));
                assertEquals(run, cancel("theirs"));
                assertEquals(run, run(id));
                assertEquals("cancelled/cancel_requested", table().run(id).outcome());
                assertTrue(script.isUncalled(), "a cancel was repeated at the agent API");
            }
        }
    }

    @Test
    void cancelsWhateverTheAgentApiSaysToIt() throws Exception {
        Scripted script = agent(endless("theirs"), Script.json(500, "{}"));
        try (WireResponse live = post(script)) {
            live.readUpTo(FIRST.length());

            assertEquals("cancelled", cancel(live.header("Runtape-Run-Id")).get("status"));
        }
    }

    @Test
    void answersAnEndedRunAsItIs() throws Exception {
        Scripted script = agent(Script.stream(FIRST), Script.json(200, "{}"));
        String id;
        try (WireResponse live = post(script)) {
            live.whole();
            id = live.header("Runtape-Run-Id");
        }
        table().ended(id);
        script.call();
        Map<String, Object> before = run(id);

        assertEquals("completed", before.get("status"));
        assertEquals(before, cancel(id));
        assertTrue(script.isUncalled());
    }

    @Test
    void knowsNoOthersRun() throws Exception {
        Scripted script = agent(endless("theirs"), Script.json(200, "{}"));
        try (WireResponse live = post(script)) {
            String id = live.header("Runtape-Run-Id");
            live.readUpTo(FIRST.length());

            refused(historyOf("another").post("/runs/" + id + "/cancel").then(), 404, "not_found");

            assertTrue(table().run(id).running());
            cancel(id);
        }
    }

    /** Nobody knows the agent API's id of it yet, so there is nothing to ask for but to be let go. */
    @Test
    void cancelsARunThatHasNoResponseYet() throws Exception {
        Scripted script = agent(Script.silence(), Script.json(200, "{}"));
        try (WireResponse live = post(script)) {
            script.call();
            String id = json("/runs").getString("data[0].id");

            assertEquals("cancelled", cancel(id).get("status"));

            assertTrue(script.done().isEmpty(), "its connection stays open");
            assertTrue(script.isUncalled());
            assertEquals(410, live.status());
            live.whole();
            assertTrue(live.text().contains("cancelled"), live::text);
        }
    }

    @Test
    void hasOneWinnerAgainstTheNaturalEnd() throws Exception {
        Map<String, Integer> winners = new TreeMap<>();
        for (int i = 0; i < RACES; i++) {
            long delayMicros = i * i * 100L;
            CyclicBarrier now = new CyclicBarrier(2);
            Scripted script = agent(
                    exchange -> {
                        exchange.streamHead("X-Run-ID: theirs").chunk(FIRST);
                        now.await();
                        TimeUnit.MICROSECONDS.sleep(delayMicros);
                        exchange.end();
                    },
                    Script.json(200, "{}"));
            try (WireResponse live = post(script)) {
                String id = live.header("Runtape-Run-Id");
                live.readUpTo(FIRST.length());
                now.await();

                Map<String, Object> run = cancel(id);

                RunRow row = table().ended(id);
                assertEquals(row.status(), run.get("status"));
                assertEquals(run, run(id));
                live.readAll();
                assertEquals(row.status().equals("completed"), live.end() == WireResponse.End.WHOLE, row::toString);
                winners.merge(row.outcome(), 1, Integer::sum);
            }
        }
        System.out.printf("cancel against the natural end: %s%n", winners);
    }
}
