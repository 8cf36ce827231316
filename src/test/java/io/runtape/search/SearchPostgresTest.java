package io.runtape.search;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.RunTable;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(PostgresResource.class)
class SearchPostgresTest extends SearchTest {

    private static final String WAITING = "select count(*) from pg_stat_activity"
            + " where datname = current_database() and wait_event_type = 'Lock' and query like ?";

    /** A deletion may take long to commit, or come from a gateway whose clock is behind. */
    @Test
    void takesOutARunWhoseDeletionCommitsWhileOthersAreTakenOut() throws Exception {
        String first = indexed(asked("the first okapi"), answering("x"));
        String second = indexed(asked("the second okapi"), answering("x"));
        String owner = json("/runs?limit=1").getString("data[0].owner");
        try (Connection holding = store().connect();
                Statement hold = holding.createStatement();
                Connection other = store().connect();
                Statement late = other.createStatement()) {
            holding.setAutoCommit(false);
            hold.executeQuery("select 1 from search_segment where owner = '" + owner + "' for update")
                    .close();
            history().delete("/runs/" + first).then().statusCode(204);
            RunTable.await("it is being taken out", () -> count(WAITING, "%search_segment%") > 0 ? true : null);
            late.execute("insert into search_removal (run_pk, owner, removed_at)"
                    + " select run_pk, owner, now() - interval '1 hour' from run where id = '" + second + "'");
            holding.commit();
        }

        RunTable.await(
                "the terms of both are gone",
                () -> count("select count(*) from search_segment where owner = ?", owner) == 0 ? true : null);
    }
}
