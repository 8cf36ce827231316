package io.runtape.cancel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.cluster.TwoGateways;
import io.runtape.testsupport.Exchange;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.ReceivedCall;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A run is cancelled at another gateway than its own. */
class CancelElsewhereIT {

    private static final int RACES = 30;

    private static final String FIRST = "data: first\n\n";

    /** Sessions that make notes of cancels that pass. */
    private static final String NOTING = "select count(*) from pg_stat_activity"
            + " where datname = current_database() and query like '%set cancels_passing%' and pid <> pg_backend_pid()";

    /** Less than a call waits for its note, or a run's end for what was noted. */
    private static final Duration NOTED_WITHIN = Duration.ofMillis(1900);

    private static final TwoGateways CLUSTER = new TwoGateways();

    private static GatewayProcess recording;
    private static GatewayProcess asked;

    @BeforeAll
    static void start() throws IOException {
        recording = CLUSTER.start();
        asked = CLUSTER.start("RUNTAPE_UPSTREAM_CANCEL_PATH", "");
    }

    @AfterAll
    static void stop() throws Exception {
        CLUSTER.close();
    }

    private static boolean isCancel(Exchange exchange) {
        return exchange.call().target().endsWith("/cancel");
    }

    /** An agent that speaks once and goes on for ever, and takes cancels. */
    private static Scripted endless(String upstreamId) {
        return CLUSTER.upstream().on(exchange -> {
            if (isCancel(exchange)) {
                Script.json(200, "{}").answer(exchange);
            } else {
                exchange.streamHead("X-Run-ID: " + upstreamId).chunk(FIRST).awaitPeerGone();
            }
        });
    }

    private static WireResponse post(GatewayProcess gateway, Scripted script) throws IOException {
        return gateway.client().post("/v1/run", "{}", TwoGateways.CREDENTIAL, script.header());
    }

    private static JsonObject cancel(GatewayProcess gateway, String id) throws IOException {
        try (WireResponse response =
                gateway.client().post("/history/v1/runs/" + id + "/cancel", "", TwoGateways.CREDENTIAL)) {
            response.whole();
            assertEquals(200, response.status(), response::text);
            return new JsonObject(response.text()).getJsonObject("data");
        }
    }

    private static String endOf(WireResponse tail) throws IOException {
        tail.whole();
        String text = tail.text();
        return text.substring(text.indexOf("event: runtape.end\n"));
    }

    private static String cancelled(String id) {
        return "event: runtape.end\nid: 1\ndata: {\"runId\":\"" + id
                + "\",\"status\":\"cancelled\",\"reason\":\"cancel_requested\",\"lastSequence\":1}\n\n";
    }

    @Test
    void endsTheRunForEveryReaderAndAtTheAgentApi() throws Exception {
        Scripted script = endless("theirs 1/2");
        try (WireResponse live = post(recording, script)) {
            String id = live.header("Runtape-Run-Id");
            live.readUpTo(FIRST.length());
            try (WireResponse here = CLUSTER.tail(recording, "/runs/" + id + "/events");
                    WireResponse there = CLUSTER.tail(asked, "/runs/" + id + "/events")) {
                here.status();
                there.status();

                JsonObject run = cancel(asked, id);

                assertEquals("cancelled", run.getString("status"));
                assertEquals("cancel_requested", run.getString("reason"));
                assertEquals("POST /v1/run", line(script.call()));
                ReceivedCall call = script.call();
                assertEquals("POST /v1/run/theirs%201%2F2/cancel", line(call));
                assertTrue(call.lines().contains(TwoGateways.CREDENTIAL), "asked as the caller would");
                assertEquals(cancelled(id), endOf(here));
                assertEquals(cancelled(id), endOf(there));
                live.readAll();
                assertEquals(FIRST, live.text());
                assertEquals(WireResponse.End.CUT, live.end());
                assertEquals(run, cancel(asked, id));
                assertEquals(run, cancel(recording, id));
                assertEquals(run, CLUSTER.run(recording, id));
                assertEquals(
                        "cancelled/cancel_requested", CLUSTER.table().run(id).outcome());
                assertTrue(script.isUncalled(), "a cancel was repeated at the agent API");
                script.done();
                assertTrue(script.done().isEmpty(), "its connection stays open");
            }
        }
    }

    private static String line(ReceivedCall call) {
        return call.method() + " " + call.target();
    }

    @Test
    void needsNoFurtherConnectionToTheDatabase() throws Exception {
        Scripted script = endless("theirs");
        try (WireResponse live = post(recording, script)) {
            String id = live.header("Runtape-Run-Id");
            live.readUpTo(FIRST.length());
            CLUSTER.run(asked, id);
            PostgresServer.acceptConnections(CLUSTER.database(), false);
            assertThrows(
                    SQLException.class,
                    () -> PostgresServer.connect(CLUSTER.database()).close());

            assertEquals("cancelled", cancel(asked, id).getString("status"));
        } finally {
            PostgresServer.acceptConnections(CLUSTER.database(), true);
        }
    }

    @Test
    void makesNoCallWhereTheAgentApiKnowsNone() throws Exception {
        Scripted script = endless("theirs");
        try (WireResponse live = post(asked, script)) {
            String id = live.header("Runtape-Run-Id");
            live.readUpTo(FIRST.length());
            script.call();

            JsonObject run = cancel(recording, id);

            assertEquals("cancelled", run.getString("status"));
            live.readAll();
            assertEquals(WireResponse.End.CUT, live.end());
            script.done();
            assertTrue(script.isUncalled());
        }
    }

    /** An agent that speaks once and then lets its stream end, or break off, when it is told to. */
    private static Scripted waiting(String upstreamId, CountDownLatch told, boolean whole) {
        return CLUSTER.upstream().on(exchange -> {
            exchange.streamHead("X-Run-ID: " + upstreamId).chunk(FIRST);
            told.await();
            if (whole) {
                exchange.end();
            } else {
                exchange.reset();
            }
        });
    }

    /**
     * The run's outcome, whose agent ends at the moment in which it is asked to cancel through the other gateway. Where the run was
     * not cancelled and the database may have been too slow for the note, that of another run.
     */
    private static String outcomeOfCancel(
            String upstreamId, String idInPath, int status, boolean whole, String credential) throws Exception {
        long began = System.nanoTime();
        String outcome = outcomeOfOneCancel(upstreamId, idInPath, status, whole, credential);
        for (int again = 1; again < 3 && !outcome.startsWith("cancelled/"); again++) {
            if (System.nanoTime() - began < NOTED_WITHIN.toNanos()) {
                return outcome;
            }
            began = System.nanoTime();
            outcome = outcomeOfOneCancel(upstreamId + "-" + again, idInPath + "-" + again, status, whole, credential);
        }
        return outcome;
    }

    private static String outcomeOfOneCancel(
            String upstreamId, String idInPath, int status, boolean whole, String credential) throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        Scripted script = waiting(upstreamId, told, whole);
        Scripted cancel = CLUSTER.upstream().on(exchange -> {
            if (status == 200) {
                told.countDown();
            }
            exchange.whole(status, "{}".getBytes(UTF_8));
        });
        try (WireResponse live = post(recording, script)) {
            String id = live.header("Runtape-Run-Id");
            live.readUpTo(FIRST.length());
            try (WireResponse response =
                    asked.client().post("/v1/run/" + idInPath + "/cancel", "{}", credential, cancel.header())) {
                response.whole();
                assertEquals(status, response.status(), response::text);
            }
            told.countDown();
            live.readAll();
            return CLUSTER.table().ended(id).outcome();
        }
    }

    @Test
    void notesACancelThatPassesThroughAnotherGateway() throws Exception {
        for (int i = 0; i < 10; i++) {
            assertEquals(
                    "cancelled/cancel_requested",
                    outcomeOfCancel("whole-" + i, "whole-" + i, 200, true, TwoGateways.CREDENTIAL));
        }
        assertEquals(
                "cancelled/cancel_requested", outcomeOfCancel("broken", "broken", 200, false, TwoGateways.CREDENTIAL));
        assertEquals(
                "cancelled/cancel_requested",
                outcomeOfCancel("theirs 7", "theirs%207", 200, true, TwoGateways.CREDENTIAL));
    }

    @Test
    void forgetsACancelThatWasRefusedThroughAnotherGateway() throws Exception {
        assertEquals("completed", outcomeOfCancel("refused", "refused", 409, true, TwoGateways.CREDENTIAL));
    }

    @Test
    void notesNoCancelOfAnotherOwnerThroughAnotherGateway() throws Exception {
        assertEquals("completed", outcomeOfCancel("foreign", "foreign", 200, true, "X-API-Key: another"));
    }

    /** The database is slow, so that the call passes without a note; that must not come afterwards, for the call is refused. */
    @Test
    void neverNotesACancelThatHasPassedWithoutANote() throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        Scripted script = waiting("slow", told, false);
        Scripted cancel = CLUSTER.upstream().on(Script.json(409, "{}"));
        try (WireResponse live = post(recording, script)) {
            String id = live.header("Runtape-Run-Id");
            live.readUpTo(FIRST.length());
            try (Connection locking = PostgresServer.connect(CLUSTER.database());
                    Statement lock = locking.createStatement()) {
                locking.setAutoCommit(false);
                lock.execute("select 1 from run where id = '" + id + "' for update");
                try (WireResponse response =
                        asked.client().post("/v1/run/slow/cancel", "{}", TwoGateways.CREDENTIAL, cancel.header())) {
                    assertEquals(409, response.status());
                    response.whole();
                }
                Awaitility.await("the note is late")
                        .until(() -> CLUSTER.number(NOTING + " and wait_event_type = 'Lock'") == 1);
                locking.rollback();
            }
            Awaitility.await("the note is settled").until(() -> CLUSTER.number(NOTING + " and state <> 'idle'") == 0);

            told.countDown();

            live.readAll();
            assertEquals("failed/upstream_closed", CLUSTER.table().ended(id).outcome());
        }
    }

    /** The gateway takes its note back before it answers, and nothing tells it twice that the response broke off meanwhile. */
    @Test
    void answersARefusedCancelWhoseResponseBreaksOffWhileItsNoteIsTakenBack() throws Exception {
        Scripted script = endless("brittle");
        CountDownLatch locked = new CountDownLatch(1);
        CountDownLatch waits = new CountDownLatch(1);
        Scripted cancel = CLUSTER.upstream().on(exchange -> {
            locked.await();
            exchange.head(409, "Content-Length: 2");
            waits.await();
            exchange.reset();
        });
        try (WireResponse live = post(recording, script);
                Connection locking = PostgresServer.connect(CLUSTER.database());
                Statement lock = locking.createStatement()) {
            String id = live.header("Runtape-Run-Id");
            live.readUpTo(FIRST.length());
            try (WireResponse response =
                    asked.client().post("/v1/run/brittle/cancel", "{}", TwoGateways.CREDENTIAL, cancel.header())) {
                cancel.call();
                locking.setAutoCommit(false);
                lock.execute("select 1 from run where id = '" + id + "' for update");
                locked.countDown();
                Awaitility.await("the note is to be taken back")
                        .until(() -> CLUSTER.number(NOTING + " and wait_event_type = 'Lock'") == 1);
                waits.countDown();
                cancel.done();

                response.readAll();

                assertTrue(response.status() == 502 || response.end() == WireResponse.End.CUT, response::text);
            }
        }
    }

    @Test
    void leavesAnotherOwnersRunAlone() throws Exception {
        Scripted script = endless("theirs");
        try (WireResponse live = post(recording, script)) {
            String id = live.header("Runtape-Run-Id");
            live.readUpTo(FIRST.length());

            try (WireResponse response =
                    asked.client().post("/history/v1/runs/" + id + "/cancel", "", "X-API-Key: another")) {
                response.whole();
                assertEquals(404, response.status());
            }

            assertTrue(CLUSTER.table().run(id).running());
            cancel(asked, id);
        }
    }

    @Test
    void hasOneWinnerAgainstTheNaturalEnd() throws Exception {
        Map<String, Integer> winners = new TreeMap<>();
        for (int i = 0; i < RACES; i++) {
            long delayMicros = i * i * 100L;
            CyclicBarrier now = new CyclicBarrier(2);
            Scripted script = CLUSTER.upstream().on(exchange -> {
                if (isCancel(exchange)) {
                    Script.json(200, "{}").answer(exchange);
                } else {
                    exchange.streamHead("X-Run-ID: theirs").chunk(FIRST);
                    now.await();
                    TimeUnit.MICROSECONDS.sleep(delayMicros);
                    exchange.end();
                }
            });
            try (WireResponse live = post(recording, script)) {
                String id = live.header("Runtape-Run-Id");
                live.readUpTo(FIRST.length());
                try (WireResponse here = CLUSTER.tail(recording, "/runs/" + id + "/events");
                        WireResponse there = CLUSTER.tail(asked, "/runs/" + id + "/events")) {
                    here.readUpTo(FIRST.length());
                    there.readUpTo(FIRST.length());
                    now.await();

                    JsonObject run = cancel(i % 2 == 0 ? asked : recording, id);

                    String end = endOf(here);
                    assertEquals(end, endOf(there));
                    RunRow row = CLUSTER.table().ended(id);
                    assertTrue(end.contains("\"status\":\"" + row.status() + "\""), end);
                    assertEquals(row.status(), run.getString("status"));
                    assertEquals(run, CLUSTER.run(asked, id));
                    assertEquals(run, CLUSTER.run(recording, id));
                    live.readAll();
                    assertEquals(row.status().equals("completed"), live.end() == WireResponse.End.WHOLE, row::toString);
                    winners.merge(row.outcome(), 1, Integer::sum);
                }
            }
        }
        System.out.printf("cancel against the natural end: %s%n", winners);
    }
}
