package io.runtape.journal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunTable.FrameSum;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;

/** A gateway whose runs another one has closed writes nothing more, says so, and ends. */
@Execution(CONCURRENT)
class FencedGatewayIT {

    private static final Duration EXIT = Duration.ofSeconds(60);

    /** What a gateway does with the rows of those whose lease is over. */
    private static final String CLOSE_NODES = "update node set epoch = epoch + 1, closed = true";

    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final String database = PostgresServer.freshDatabase();
    private final RunTable table = new RunTable(() -> PostgresServer.connect(database));
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void stop() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
        table.close();
        upstream.close();
    }

    private GatewayProcess gateway(String... further) throws IOException {
        Map<String, String> settings = GatewayProcess.onPostgres(database, upstream);
        for (int i = 0; i < further.length; i += 2) {
            settings.put(further[i], further[i + 1]);
        }
        GatewayProcess gateway = GatewayProcess.start(settings);
        open.add(gateway);
        return gateway.ready();
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = PostgresServer.connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void endsWhenItWakesAfterAnotherHasClosedItsRuns() throws Exception {
        String[] shortLease = {"RUNTAPE_NODE_LEASE", "3s"};
        GatewayProcess sleeper = gateway(shortLease);
        StreamLoad load = StreamLoad.inPace(sleeper, upstream, 5, Duration.ofMillis(2));
        open.add(load);
        load.speak();
        load.awaitProgress();
        sleeper.freeze();
        gateway(shortLease);
        List<RunRow> closed = RunTable.await("its runs are closed", EXIT, () -> {
            List<RunRow> runs = table.runs();
            return runs.stream().noneMatch(RunRow::running) ? runs : null;
        });

        sleeper.thaw();

        assertEnds(sleeper);
        load.finish();
        load.awaitEnds();
        assertEquals(closed, table.runs());
        for (StreamLoad.Streamed run : load.runs()) {
            RunRow row = table.run(run.id());
            FrameSum stored = table.sum(run.id());
            assertEquals("failed/gateway_lost", row.outcome());
            assertTrue(stored.inSequence(), stored::toString);
            assertEquals(row.lastSequence(), stored.last(), "frames after the run was closed");
            assertEquals(WireResponse.End.CUT, run.end());
            load.assertHoldsPrefix(run, table);
        }
    }

    /** A lone frame goes by a statement that commits itself. */
    @Test
    void storesNoFramePastARaisedEpoch() throws Exception {
        GatewayProcess gateway = gateway();
        String first = "data: first\n\n";
        Scripted script = upstream.on(exchange -> {
            exchange.streamHead().chunk(first);
            await("another gateway begins").until(() -> epoch() > 1);
            exchange.chunk("data: past the fence\n\n").awaitPeerGone();
        });
        try (WireResponse response = gateway.client().post("/v1/run", "{}", script.header())) {
            String id = response.header("Runtape-Run-Id");
            response.readUpTo(first.length());

            execute(CLOSE_NODES);

            assertEnds(gateway);
            response.readAll();
            assertEquals(first, response.text());
            assertEquals(WireResponse.End.CUT, response.end());
            assertEquals(1, table.sum(id).count());
            assertTrue(table.run(id).running(), "left for the other gateway to close");
        }
    }

    /** The rows of runs, and frames where they are many, go by transactions. */
    @Test
    void beginsNoRunPastARaisedEpoch() throws Exception {
        GatewayProcess gateway = gateway();
        Scripted script = upstream.on(Script.stream("data: x\n\n"));
        execute(CLOSE_NODES);

        try {
            open.add(gateway.client().post("/v1/run", "{}", script.header()));
        } catch (IOException endedBefore) {
            // It looks at its own row from time to time, too.
        }

        assertEnds(gateway);
        assertEquals(List.of(), table.runs());
        assertTrue(script.isUncalled());
    }

    private long epoch() throws SQLException {
        try (Connection connection = PostgresServer.connect(database);
                Statement select = connection.createStatement();
                ResultSet row = select.executeQuery("select max(epoch) from node")) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void assertEnds(GatewayProcess gateway) throws InterruptedException {
        int status = gateway.exit(EXIT);
        String output = String.join("\n", gateway.output());
        assertEquals(1, status, output);
        assertTrue(output.contains("another gateway has taken over the runs of this one"), output);
    }
}
