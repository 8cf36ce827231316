package io.runtape.idempotency;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunningGateway;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Two gateways claim one idempotency key at once: the transaction that commits has it. The other gateway is played by a
 * connection of the test's own, so that it commits when the test says so.
 */
@QuarkusTest
@WithTestResource(PostgresResource.class)
class SharedKeysPostgresTest extends RunningGateway {

    private static final Duration A_WHILE = Duration.ofMillis(300);

    @Inject
    KeyReader keys;

    private Scripted script;

    /** A test, with a key that has not been used before. Returns whether its calls were taken. */
    private interface Attempt {
        boolean isTaken(String key) throws Exception;
    }

    /** Begins again where the machine stood still for longer than a call waits for the database. */
    private void untilTaken(Attempt attempt) {
        RunTable.await("all calls are taken", () -> {
            script = upstream.on(Script.stream("data: x\n\n"));
            return attempt.isTaken("key-" + UUID.randomUUID()) ? true : null;
        });
    }

    private static void assertWaits(WireResponse call) throws Exception {
        assertTrue(call.isSilentFor(A_WHILE) || isRefused(call));
    }

    private static boolean isRefused(WireResponse response) throws Exception {
        return response.status() == 503;
    }

    private WireResponse post(String key) throws Exception {
        return client().post("/v1/run", "{}", script.header(), "X-API-Key: shares", "Idempotency-Key: " + key);
    }

    /** Claims the key for the run of another one, as a gateway does for a run that it opens. */
    private static void claim(Connection elsewhere, String key, String runsKey) throws SQLException {
        elsewhere.setAutoCommit(false);
        try (PreparedStatement insert = elsewhere.prepareStatement("""
                insert into idempotency_key (owner, id, request_hash, run_pk, expires_at)
                select owner, ?, request_hash, run_pk, expires_at from idempotency_key where id = ?""")) {
            insert.setString(1, key);
            insert.setString(2, runsKey);
            assertEquals(1, insert.executeUpdate());
        }
    }

    private WireResponse postAndRead(String key) throws Exception {
        WireResponse response = post(key);
        response.whole();
        script.call();
        return response;
    }

    @Test
    void repeatsTheRunOfTheGatewayThatCommits() {
        untilTaken(key -> {
            WireResponse theirs = postAndRead("their-" + key);

            try (Connection elsewhere = store().connect()) {
                claim(elsewhere, key, "their-" + key);
                WireResponse ours = post(key);
                WireResponse besides = client().post("/v1/run", "{}", script.header());
                assertWaits(ours);
                elsewhere.commit();

                if (isRefused(ours) || isRefused(besides)) {
                    return false;
                }
                assertEquals("data: x\n\n", new String(ours.whole(), UTF_8));
                assertEquals("true", ours.header("Idempotent-Replayed"));
                assertEquals(theirs.header("Runtape-Run-Id"), ours.header("Runtape-Run-Id"));
                assertEquals("data: x\n\n", new String(besides.whole(), UTF_8));
                script.call();
                assertTrue(script.isUncalled());
            }
            return true;
        });
    }

    @Test
    void beginsNoRunWhereTheOtherGatewayDeletesTheOneOfTheKey() {
        untilTaken(key -> {
            String run = postAndRead(key).header("Runtape-Run-Id");
            long runPk = table().ended(run).pk();

            try (Connection elsewhere = store().connect()) {
                elsewhere.setAutoCommit(false);
                keys.beforeRun(elsewhere, runPk);
                try (Statement delete = elsewhere.createStatement()) {
                    delete.execute("delete from block where run_pk = " + runPk);
                    delete.execute("delete from run where run_pk = " + runPk);
                }
                WireResponse ours = post(key);
                assertWaits(ours);
                elsewhere.commit();

                if (isRefused(ours)) {
                    return false;
                }
                assertEquals(410, ours.status());
                assertTrue(script.isUncalled());
            }
            return true;
        });
    }

    @Test
    void makesTheCallOfAClientThatLeavesWhileItsRunIsOpenedOnceMore() {
        untilTaken(key -> {
            Scripted busy = upstream.on(Script.json(503, "{}"));
            client().post("/v1/run", "{}", busy.header(), "X-API-Key: shares", "Idempotency-Key: their-" + key)
                    .whole();

            try (Connection elsewhere = store().connect();
                    Connection next = store().connect();
                    Connection watching = store().connect()) {
                claim(elsewhere, key, "their-" + key);
                WireResponse ours = post(key);
                awaitWaiting(watching, "RowExclusiveLock", "transactionid");
                next.setAutoCommit(false);
                CompletableFuture<Void> locked = CompletableFuture.runAsync(() -> lockKeys(next));
                awaitWaiting(watching, "ShareRowExclusiveLock", "relation");
                // Their key is taken, and free at the look-up of its run: it was answered 503.
                elsewhere.commit();
                locked.get(30, TimeUnit.SECONDS);
                awaitWaiting(watching, "RowExclusiveLock", "relation");
                boolean waits = ours.isSilentFor(Duration.ofMillis(1));
                ours.leave();
                next.rollback();
                if (!waits) {
                    return false;
                }
            }

            assertEquals("{}", new String(script.call().body(), UTF_8));
            assertEquals("data: x\n\n", new String(post(key).whole(), UTF_8));
            assertTrue(script.isUncalled());
            return true;
        });
    }

    /** Keeps everybody from claiming a key; whoever claims one has to be done with it. */
    private static void lockKeys(Connection connection) {
        try (Statement lock = connection.createStatement()) {
            lock.execute("lock table idempotency_key in share row exclusive mode");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits until somebody who has, or wants, that lock on the keys waits for one of that type. */
    private static void awaitWaiting(Connection connection, String mode, String type) {
        RunTable.await("a claim waits", () -> {
            try (PreparedStatement select = connection.prepareStatement("""
                            select 1 from pg_locks keys join pg_locks waits on waits.pid = keys.pid
                            where keys.relation = 'idempotency_key'::regclass and keys.mode = ?
                                and not waits.granted and waits.locktype = ?""")) {
                select.setString(1, mode);
                select.setString(2, type);
                return select.executeQuery().next() ? true : null;
            }
        });
    }

    @Test
    void beginsARunWhereTheOtherGatewayDoesNotCommit() {
        untilTaken(key -> {
            postAndRead("their-" + key);

            try (Connection elsewhere = store().connect()) {
                claim(elsewhere, key, "their-" + key);
                WireResponse ours = post(key);
                assertWaits(ours);
                elsewhere.rollback();

                if (isRefused(ours)) {
                    return false;
                }
                assertEquals("data: x\n\n", new String(ours.whole(), UTF_8));
                assertFalse(ours.head().has("Idempotent-Replayed"));
                script.call();
            }
            return true;
        });
    }
}
