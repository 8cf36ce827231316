package io.runtape.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.StoreLock;
import io.runtape.testsupport.WireResponse;
import java.io.EOFException;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The tables have a frame of this gateway's run that it does not know of, since the answer of the commit is lost, and a reader
 * has it from another gateway. Here the test puts it there.
 */
@QuarkusTest
@WithTestResource(PostgresResource.class)
class UnknownFramesPostgresTest extends RecordedHistory {

    private static final Duration A_WHILE = Duration.ofMillis(300);

    /** Of the second frame of a thread's first run. */
    private static final long POSITION = (1L << 32) + 2;

    private final CountDownLatch goOn = new CountDownLatch(1);
    private final Scripted script = upstream.on(exchange -> {
        exchange.streamHead().chunk("data: 1\n\n");
        goOn.await();
        exchange.chunk("data: 2\n\n").end();
    });
    private final String repeated = "Idempotency-Key: " + key;
    private WireResponse live;
    private String run;
    private long pk;

    @BeforeEach
    void beginRun() throws Exception {
        live = post();
        live.readUpTo("data: 1\n\n".length());
        run = live.header("Runtape-Run-Id");
        pk = table().run(run).pk();
        execute("insert into block select run_pk, 2, content from block where run_pk = " + pk);
    }

    @AfterEach
    void endRun() throws Exception {
        execute("delete from block where run_pk = " + pk + " and last_sequence = 2");
        goOn.countDown();
        live.whole();
        live.close();
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            assertEquals(1, statement.executeUpdate(sql));
        }
    }

    private WireResponse post(String... headerLines) throws IOException {
        List<String> lines = new ArrayList<>(
                List.of("X-API-Key: " + key, script.header(), "Runtape-Thread-Id: " + thread, repeated));
        lines.addAll(Arrays.asList(headerLines));
        return client().post("/v1/run", "{}", lines.toArray(String[]::new));
    }

    private WireResponse read(String target) throws IOException {
        return client().get("/history/v1" + target, "X-API-Key: " + key, "Accept: text/event-stream");
    }

    /** Not 400, for which an EventSource would never come again. */
    @Test
    void cutsOffReadersThatHaveIt() throws Exception {
        for (String target : List.of(
                "/runs/" + run + "/events?after=2",
                "/runs/" + run + "/replay?from=2",
                "/threads/" + thread + "/events?after=" + POSITION)) {
            try (WireResponse cut = read(target)) {
                assertThrows(EOFException.class, cut::status, target);
            }
        }
        try (WireResponse beyond = read("/runs/" + run + "/events?after=3")) {
            assertEquals(400, beyond.status());
        }
    }

    @Test
    void makesRepeatsThatHaveItWait() throws Exception {
        try (WireResponse repeat = post("Last-Event-ID: 2")) {
            assertTrue(repeat.isSilentFor(A_WHILE));
        }
        try (WireResponse beyond = post("Last-Event-ID: 3")) {
            assertEquals(400, beyond.status());
        }
    }

    /** It waits for its gateway, not for the database. */
    @Test
    void failsARepeatWhereTheTablesCannotBeRead() throws Exception {
        try (StoreLock frames = StoreLock.onFrames(store());
                WireResponse repeat = post("Last-Event-ID: 3")) {
            frames.cancelWaiting("select last_sequence from block ");

            assertEquals(503, repeat.status());
            repeat.whole();
            assertTrue(repeat.text().contains("store_unavailable"), repeat::text);
        }
    }
}
