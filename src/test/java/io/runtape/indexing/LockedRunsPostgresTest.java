package io.runtape.indexing;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.history.IndexedHistory;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Whoever locks the table of runs, as a migration does, waits for the indexing of one run and no longer: while its
 * transaction is open, the indexing waits for no other connection, which would wait behind that lock.
 */
@QuarkusTest
@WithTestResource(PostgresResource.class)
class LockedRunsPostgresTest extends IndexedHistory {

    @Test
    void letsTheTableBeLockedWhileRunsAreIndexed() throws Exception {
        List<String> runs = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            runs.add(record("{\"prompt\":\"Say " + i + "\"}", Script.stream("data: {\"content\":\"Hello\"}\n\n")));
        }
        awaitIndexed(runs.toArray(String[]::new));
        String all = String.join("', '", runs);
        try (Connection connection = store().connect();
                Statement statement = connection.createStatement()) {
            statement.execute("set lock_timeout = '20s'");
            statement.execute("update run set indexed_at = null where id in ('" + all + "')");
            RunTable.await("they are indexed again", () -> {
                connection.setAutoCommit(false);
                statement.execute("lock table run in access exclusive mode");
                connection.rollback();
                connection.setAutoCommit(true);
                try (ResultSet left = statement.executeQuery(
                        "select count(*) from run where indexed_at is null and id in ('" + all + "')")) {
                    left.next();
                    return left.getLong(1) == 0 ? true : null;
                }
            });
        }
    }
}
