package io.runtape.history.run;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(PostgresResource.class)
class RunHistoryPostgresTest extends RunHistoryTest {

    private static final String LOCK = "select 1 from thread where id = ? for update";

    private static final String WAITING = "select 1 from pg_stat_activity where datname = current_database()"
            + " and wait_event_type = 'Lock' and query like '%from thread where owner = % for update'";

    /** The look at spared threads found this one just before. */
    @Test
    void keepsASparedThreadThatADeletionByIdHasKeptMeanwhile() throws Exception {
        String kept = "thr_" + UUID.randomUUID();
        String run = record("{\"threadId\":\"" + kept + "\"}", Script.stream("data: x\n\n"));
        String owner = json("/runs/" + run).getString("data.owner");
        history().delete("/runs/" + run).then().statusCode(204);
        try (Connection holding = store().connect();
                Connection other = store().connect()) {
            holding.setAutoCommit(false);
            assertTrue(finds(holding, LOCK, kept));
            change(other, "insert into spared_thread (owner, thread_id) values (?, ?)", owner, kept);
            RunTable.await("the thread is about to be deleted", () -> finds(other, WAITING) ? true : null);

            change(other, "delete from spared_thread where owner = ? and thread_id = ?", owner, kept);

            holding.commit();
            // It waits for the deletion, which waited first.
            assertTrue(finds(holding, LOCK, kept), "the thread is gone");
        }
    }

    private static void change(Connection connection, String sql, String... values) throws SQLException {
        try (PreparedStatement change = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                change.setString(i + 1, values[i]);
            }
            change.executeUpdate();
        }
    }

    private static boolean finds(Connection connection, String sql, String... values) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                select.setString(i + 1, values[i]);
            }
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }
}
