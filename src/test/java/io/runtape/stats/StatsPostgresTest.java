package io.runtape.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.runtape.run.Run;
import io.runtape.store.Engine;
import io.runtape.store.SqlFault;
import io.runtape.testsupport.PostgresResource;
import io.runtape.testsupport.RunTable;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(PostgresResource.class)
class StatsPostgresTest extends StatsTest {

    private static final String WAITING = "select count(*) from pg_stat_activity"
            + " where datname = current_database() and wait_event_type = 'Lock' and query like '%stats_sum%'";

    /** Two gateways may index the runs of one that has died, which share their sums. */
    @Test
    void losesNoRunWhereAnotherGatewayBeginsTheSameSum() throws Exception {
        String owner = "c-" + UUID.randomUUID();
        ExecutorService others = Executors.newSingleThreadExecutor();
        try (Connection one = store().connect();
                Connection other = store().connect()) {
            one.setAutoCommit(false);
            other.setAutoCommit(false);
            sums(owner, false).apply(one, Engine.POSTGRESQL);
            Future<Void> late = others.submit(() -> {
                sums(owner, true).apply(other, Engine.POSTGRESQL);
                return null;
            });
            RunTable.await("the other waits", () -> number(WAITING) > 0 ? true : null);
            one.commit();

            ExecutionException conflict = assertThrows(ExecutionException.class, late::get);
            assertEquals(
                    SqlFault.CONFLICT,
                    assertInstanceOf(SQLException.class, conflict.getCause()).getSQLState());
            other.rollback();
            sums(owner, true).apply(other, Engine.POSTGRESQL);
            other.commit();

            assertEquals(List.of(2L, 2L, 2L, 2L, 2L, 1L, 1L, 1L), runsIn(owner));
        } finally {
            others.shutdownNow();
        }
    }

    /** @param withTool whether the run has called a tool, and adds to sums of its own */
    private static SumRows sums(String owner, boolean withTool) {
        Run run = new Run();
        run.createdAt = FIRST;
        Labels labels = new Labels("completed", null, null, "/v1/run", "default", null);
        Sums sums = Sums.of(run, FIRST.plusSeconds(1));
        SumRows rows = new SumRows(SumRows.Of.run(owner, 1));
        Set<String> tools = withTool ? Set.of("bash") : Set.of();
        new AddedRun(SumRows.hour(FIRST), labels, tools, sums).addTo(rows, span -> span.later() != LaterSums.LABELS);
        return rows;
    }

    /** How many runs each sum has, the most first. */
    private List<Long> runsIn(String owner) throws SQLException {
        List<Long> runs = new ArrayList<>();
        try (Connection connection = store().connect();
                Statement select = connection.createStatement();
                ResultSet row = select.executeQuery("select content from stats_sum where owner = '" + owner + "'")) {
            while (row.next()) {
                Varints.Reader reader = new Varints.Reader(row.getBytes(1));
                Labels.read(reader);
                Sums sums = new Sums();
                sums.read(reader);
                runs.add(sums.runs());
            }
        }
        runs.sort(Comparator.reverseOrder());
        return runs;
    }
}
