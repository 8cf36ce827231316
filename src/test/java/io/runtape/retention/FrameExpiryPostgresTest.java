package io.runtape.retention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.Noise;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(PostgresResource.class)
class FrameExpiryPostgresTest extends FrameExpiryTest {

    private static final String WAITING =
            "select 1 from pg_locks where relation = 'kept_transcript'::regclass and not granted";

    /** Only here can a test hold a reader between a run's row and what is kept of it. */
    @Test
    void tellsAThreadWithoutARunThatIsDeletedWhileItIsRead() throws Exception {
        String body = "{\"prompt\":\"%s\",\"threadId\":\"" + thread + "\"}";
        Script script = Script.stream("data: {\"type\":\"text\",\"text\":\"x\"}\n\n");
        String gone = record(body.formatted("gone"), script);
        String left = record(body.formatted("left"), script);
        // Otherwise the indexing may be what waits.
        awaitIndexed(gone, left);
        expire(gone);
        CompletableFuture<Response> transcript;
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            String ofTheRun = " where run_pk = " + table().ended(gone).pk();
            connection.setAutoCommit(false);
            statement.execute("lock table kept_transcript in access exclusive mode");
            transcript = CompletableFuture.supplyAsync(() -> history().get("/threads/" + thread + "/transcript"));
            RunTable.await("the transcript has the run's row, and waits for what is kept of it", () -> {
                try (ResultSet row = statement.executeQuery(WAITING)) {
                    return row.next() ? true : null;
                }
            });
            statement.execute("delete from kept_transcript" + ofTheRun);
            statement.execute("delete from run" + ofTheRun);
            connection.commit();
        }

        Response response = transcript.get(60, TimeUnit.SECONDS);
        assertEquals(200, response.statusCode(), response.asString());
        assertEquals(
                List.of(left),
                Json.of(response.asString()).getList("data.messages.runId").stream()
                        .distinct()
                        .toList());
    }

    /** The rest of a long value is missing, as a fault of the disk leaves it. */
    @Test
    void leavesOutARowThatCannotBeReadAndDeletesIt() throws Exception {
        String prompt = "Unreadable. " + Noise.text(100_000, 1).replaceAll("[\"\\\\]", "x");
        String damaged = record("{\"threadId\":\"" + thread + "\",\"prompt\":\"" + prompt + "\"}", SPOKEN);
        String sound = record("{\"threadId\":\"" + thread + "\"}", SPOKEN);
        awaitIndexed(damaged, sound);
        List<Long> runs = List.of(table().key(damaged), table().key(sound));
        try (Connection connection = store().connect()) {
            damagePrompt(connection, runs.get(0));
            Told told = new Told();

            expiry.expire(connection, runs, told);

            assertEquals(Set.of(runs.get(1)), told.gone.keySet());
            assertEquals(Set.of(runs.get(0)), told.failures.keySet());
        }
        history().delete("/runs/" + damaged).then().statusCode(204);
        assertNull(json("/threads/" + thread).get("data.title"));
    }

    /** PostgreSQL lets nobody delete from a table of long values, so that this one is no such table for a moment. */
    private static void damagePrompt(Connection connection, long runPk) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            ResultSet of = statement.executeQuery(
                    "select reltoastrelid, reltoastrelid::regclass, pg_column_toast_chunk_id(prompt) from pg_class, run"
                            + " where pg_class.oid = 'run'::regclass and run_pk = " + runPk);
            of.next();
            long table = of.getLong(1);
            String name = of.getString(2);
            long value = of.getLong(3);
            statement.execute("update pg_class set relkind = 'r' where oid = " + table);
            statement.execute("delete from " + name + " where chunk_id = " + value);
            statement.execute("update pg_class set relkind = 't' where oid = " + table);
            connection.commit();
        } finally {
            connection.setAutoCommit(true);
        }
        // Until it is cleared away, PostgreSQL finds what is deleted.
        RunTable.await("the prompt cannot be read", () -> isUnreadable(connection, runPk) ? true : null);
    }

    private static boolean isUnreadable(Connection connection, long runPk) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("vacuum run");
            statement.executeQuery("select substring(prompt, 1, 100) from run where run_pk = " + runPk);
            return false;
        } catch (SQLException e) {
            return "XX001".equals(e.getSQLState());
        }
    }
}
