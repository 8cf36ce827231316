package io.runtape.resume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * A client resumes after an event that it has from another gateway, and that the run's own gateway does not know of, since the
 * answer of the commit is lost. Here the test puts it into the tables.
 */
@QuarkusTest
@WithTestResource(PostgresResource.class)
class UnknownPositionsPostgresTest extends RecordedHistory {

    private static final Duration A_WHILE = Duration.ofMillis(300);

    private final String id = "resp_" + UUID.randomUUID();
    private final CountDownLatch goOn = new CountDownLatch(1);

    @Test
    void makesAResumeAfterAnIdWait() throws Exception {
        assertWaits(
                "/langgraph/threads/" + thread + "/runs/stream",
                "id: 17-0\nevent: values\ndata: {}\n\n",
                "id: 17-1\nevent: values\ndata: {\"a\":1}\n\n",
                "/langgraph/threads/" + thread + "/runs/" + id + "/stream",
                "Last-Event-ID: 17-1");
    }

    @Test
    void makesAResumeAfterANumberWait() throws Exception {
        assertWaits(
                "/openai/v1/responses",
                numbered(0),
                numbered(1),
                "/openai/v1/responses/" + id + "?stream=true&starting_after=1");
    }

    private static String numbered(int number) {
        return "event: response.in_progress\ndata: {\"type\":\"response.in_progress\",\"sequence_number\":" + number
                + "}\n\n";
    }

    private void assertWaits(String target, String known, String unknown, String resumed, String... headerLines)
            throws Exception {
        String other = record(target, "{\"stream\":true}", Script.stream(unknown));
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead("X-Run-ID: " + id).chunk(known);
            assertTrue(goOn.await(1, TimeUnit.MINUTES));
            exchange.end();
        });
        try (WireResponse live = client().post(target, "{\"stream\":true}", script.header(), "X-API-Key: " + key)) {
            live.readUpTo(known.length());
            long pk = table().run(live.header("Runtape-Run-Id")).pk();
            execute("insert into block select " + pk + ", 2, content from block where run_pk = "
                    + table().run(other).pk());

            Scripted elsewhere = upstream.on(Script.json(404, "{}"));
            try (WireResponse resume = client().get(resumed, headers(elsewhere, headerLines))) {
                assertTrue(resume.isSilentFor(A_WHILE));
                assertTrue(elsewhere.isUncalled());
            } finally {
                execute("delete from block where run_pk = " + pk + " and last_sequence = 2");
            }
            goOn.countDown();
            live.whole();
        } finally {
            goOn.countDown();
        }
    }

    private String[] headers(Scripted elsewhere, String... more) {
        String[] lines = new String[more.length + 2];
        lines[0] = "X-API-Key: " + key;
        lines[1] = elsewhere.header();
        System.arraycopy(more, 0, lines, 2, more.length);
        return lines;
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            assertEquals(1, statement.executeUpdate(sql));
        }
    }
}
