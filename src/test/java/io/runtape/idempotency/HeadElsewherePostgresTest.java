package io.runtape.idempotency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.history.RecordedHistory;
import io.runtape.run.RunKey;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.StoreLock;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A repeat has got an early head while another gateway waits for the agent API's, and then a look for that fails. The other
 * gateway is played by the row of its run.
 */
@QuarkusTest
@WithTestResource(PostgresResource.class)
class HeadElsewherePostgresTest extends RecordedHistory {

    private static final String KEEP_ALIVE = ": keep-alive\n\n";

    private static final String REQUEST_ID = "head-elsewhere-test";

    private final Scripted script = upstream.on(Script.stream("data: x\n\n"));
    private final String idempotencyKey = "key-" + UUID.randomUUID();
    private final long pk = RunKey.beforeFirst(ThreadLocalRandom.current().nextLong(1 << 20, 1 << 21)) + 1;

    @BeforeEach
    void beginElsewhere() throws Exception {
        try (WireResponse first = post()) {
            first.whole();
            script.call();
            String own = first.header("Runtape-Run-Id");
            execute("""
                    insert into run (run_pk, owner, id, thread_id, node_id, path, upstream, status, stream, metadata, config,
                        request_body, created_at)
                    select %d, owner, '%s', thread_id, %d, path, upstream, 'running', stream, metadata, config,
                        request_body, created_at
                    from run where id = '%s'""".formatted(pk, "run_" + idempotencyKey, RunKey.nodeId(pk), own));
            execute("update idempotency_key set run_pk = " + pk + " where id = '" + idempotencyKey + "'");
        }
    }

    @AfterEach
    void forget() throws SQLException {
        execute("delete from idempotency_key where run_pk = " + pk);
        execute("delete from run where run_pk = " + pk);
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private WireResponse post() throws IOException {
        return client().post(
                        "/v1/run",
                        "{}",
                        script.header(),
                        "X-API-Key: " + key,
                        "X-Request-ID: " + REQUEST_ID,
                        "Idempotency-Key: " + idempotencyKey,
                        "Runtape-Keep-Alive: 5; early");
    }

    private WireResponse waiting() throws IOException {
        WireResponse early = post();
        early.readUpTo(KEEP_ALIVE.length());
        assertEquals("true", early.header("Idempotent-Replayed"));
        return early;
    }

    /** Whether it is told more than that nothing happens; without an end it would be told that for ever. */
    private static boolean isToldWithin(Duration time, WireResponse early) throws IOException {
        long began = System.nanoTime();
        while (System.nanoTime() - began < time.toNanos()) {
            boolean comes = !early.isSilentFor(Duration.ofMillis(100));
            if (comes
                    && (!early.readMore()
                            || !early.text().replace(KEEP_ALIVE, "").isEmpty())) {
                return true;
            }
        }
        return false;
    }

    /** The agent API may have the call: whoever tried again with another key would run the agent twice. */
    @Test
    void doesNotSayThatNothingWasSentWhereTheDatabaseDoesNotAnswer() throws Exception {
        try (WireResponse early = waiting()) {
            try (StoreLock runs = StoreLock.onRuns(store())) {
                RunTable.await("the repeat is told", Duration.ofMinutes(1), () -> {
                    // The indexer looks for its runs in the same words.
                    runs.cancelWaiting("select r1_0.run_pk,");
                    return isToldWithin(Duration.ofSeconds(10), early) ? true : null;
                });
            }

            early.whole();
            assertTrue(early.text().contains("store_unavailable"), early::text);
            assertTrue(early.text().contains("The database does not answer. Try again later."), early::text);
            assertFalse(early.text().contains("Nothing was sent"), early::text);
        }
        assertTrue(script.isUncalled());
    }

    @Test
    void namesTheRequestOfAFaultOfTheGateway() throws Exception {
        try (WireResponse early = waiting()) {
            execute("alter table run rename column iterations to iterations_away");
            try {
                assertTrue(isToldWithin(Duration.ofMinutes(1), early), "it is not told");
            } finally {
                execute("alter table run rename column iterations_away to iterations");
            }

            early.whole();
            assertTrue(early.text().contains("internal_error"), early::text);
            assertTrue(early.text().contains("The log has it under the request id " + REQUEST_ID), early::text);
        }
        assertTrue(script.isUncalled());
    }
}
