package io.runtape.history.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@WithTestResource(PostgresResource.class)
class RunEventsPostgresTest extends RunEventsTest {

    private static final String WAITING = "select 1 from pg_locks where relation = 'block'::regclass and not granted"
            + " and database = (select oid from pg_database where datname = current_database())";

    @ParameterizedTest
    @ValueSource(strings = {"/runs/", "/threads/"})
    void tellsThatFramesExpireWhileTheyAreRead(String of) throws Exception {
        String id = record("{\"threadId\":\"" + thread + "\"}", Script.stream("data: 1\n\n"));

        awaitIndexed(id);
        Response page = readWhile(
                of + (of.equals("/runs/") ? id : thread) + "/events",
                "application/json",
                "update run set frames_expired_at = now(), packed_at = now() where run_pk = " + table().key(id),
                "delete from block where run_pk = " + table().key(id));

        refused(page.then(), 410, "frames_expired", of.equals("/runs/") ? "of this run" : "of this thread");
    }

    @Test
    void tellsThatARunIsDeletedWhileItIsRead() throws Exception {
        String id = record("{}", Script.stream("data: 1\n\n"));

        awaitIndexed(id);
        Response page = readWhile(
                "/runs/" + id + "/events",
                "application/json",
                "delete from block where run_pk = " + table().key(id),
                "delete from run where run_pk = " + table().key(id));

        refused(page.then(), 404, "not_found");
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "application/x-ndjson"})
    void goesOnInAThreadWhereARunIsDeletedWhileItIsRead(String type) throws Exception {
        String body = "{\"threadId\":\"" + thread + "\"}";
        String id = record(body, Script.stream("data: deleted\n\n"));
        String kept = record(body, Script.stream("data: kept\n\n"));

        awaitIndexed(id, kept);
        Response page = readWhile(
                "/threads/" + thread + "/events",
                type,
                "delete from block where run_pk = " + table().key(id),
                "delete from run where run_pk = " + table().key(id));

        page.then().statusCode(200);
        assertTrue(page.asString().contains("\"data\":\"kept\""), page.asString());
    }

    /**
     * Only here can a test hold a reader between a run's row and its frames. The runs must be indexed, since who indexes them
     * waits for their frames too.
     */
    private Response readWhile(String target, String type, String... changes) throws Exception {
        CompletableFuture<Response> page;
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table block in access exclusive mode");
            page = CompletableFuture.supplyAsync(() -> history().accept(type).get(target));
            RunTable.await("the page has the run's row, and waits for its frames", () -> {
                try (ResultSet row = statement.executeQuery(WAITING)) {
                    return row.next() ? true : null;
                }
            });
            for (String change : changes) {
                assertEquals(1, statement.executeUpdate(change));
            }
            connection.commit();
        }
        return page.get(60, TimeUnit.SECONDS);
    }
}
