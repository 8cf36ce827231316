package io.runtape.server.connection;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.PackagedGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A call that is answered leaves memory at once: not with its connection's deadline, nor with the connection. */
class AnsweredCallsIT extends PackagedGateway {

    private static final int CALLS = 40;

    /** The last response of a connection to the agent API may stay with that connection. */
    private static final int FEW = 4;

    /** Well before any deadline of a connection. */
    private static final Duration SOON = Duration.ofSeconds(5);

    private static final String STREAM = "event: run_completed\ndata: {\"text\":\"" + "x".repeat(2000) + "\"}\n\n";

    @Test
    void closedConnectionsAreForgotten() throws Exception {
        List<WireResponse> answers = answered();
        assertTrue(
                gateway.objectsOf("io.runtape.server.connection.ConnectionDeadline") >= CALLS, "the guard is in place");

        for (WireResponse response : answers) {
            response.close();
        }

        awaitFew("io.runtape.server.connection.ConnectionDeadline");
        awaitFew("io.vertx.core.http.impl.Http1xServerConnection");
        awaitFew("io.runtape.relay.UpstreamBodyReader");
    }

    @Test
    void openConnectionsHoldNothingOfTheirLastCall() throws Exception {
        List<WireResponse> answers = answered();

        awaitFew("io.runtape.relay.UpstreamBodyReader");
        awaitFew("io.runtape.journal.RunJournal");
        awaitFew("io.vertx.core.http.impl.Http1xServerResponse");

        for (WireResponse response : answers) {
            response.close();
        }
    }

    private List<WireResponse> answered() throws Exception {
        List<WireResponse> answers = new ArrayList<>();
        for (int i = 0; i < CALLS; i++) {
            Scripted script = upstream.on(Script.stream(STREAM));
            WireResponse response =
                    gateway.client().post("/v1/run", "{\"prompt\":\"\"}", "X-API-Key: leaves", script.header());
            assertEquals(STREAM, new String(response.whole(), UTF_8));
            answers.add(response);
        }
        return answers;
    }

    /** What counts is when a look begins: it takes a while, on a busy machine a long one. */
    private static void awaitFew(String className) throws Exception {
        long began = System.nanoTime();
        boolean few = false;
        while (!few) {
            boolean soon = System.nanoTime() - began < SOON.toNanos();
            int live = gateway.objectsOf(className);
            few = live <= FEW;
            assertTrue(few || soon, live + " of " + className);
        }
    }
}
