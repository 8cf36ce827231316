package io.runtape.retention;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
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
                response.jsonPath().getList("data.messages.runId").stream()
                        .distinct()
                        .toList());
    }
}
