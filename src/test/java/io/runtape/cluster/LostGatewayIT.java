package io.runtape.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.BrittleLink;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.OwnPostgres;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.RunTable.RunRow;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The runs of a gateway that died are closed, whatever becomes of the connection that they are closed over. */
class LostGatewayIT {

    private static final String FIRST = "data: first\n\n";

    /** A lease, and as long as the one that closes waits for a response, and much more for a busy machine. */
    private static final Duration CLOSED = Duration.ofSeconds(90);

    /** Each at a database of its own: most of it is waiting. */
    @Test
    void closesRunsThoughTheDatabaseHostVanishesMeanwhileAndBesideOneWhoseFramesAreDamaged() throws Exception {
        ExecutorService beside = Executors.newSingleThreadExecutor();
        try {
            Future<Void> damaged = beside.submit(() -> {
                closesRunsBesideOneWhoseFramesAreDamaged();
                return null;
            });
            closesRunsThoughTheDatabaseHostVanishesMeanwhile();
            damaged.get(CLOSED.toSeconds(), TimeUnit.SECONDS);
        } finally {
            beside.shutdownNow();
        }
    }

    private static void closesRunsThoughTheDatabaseHostVanishesMeanwhile() throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream();
                OwnPostgres postgres = OwnPostgres.start();
                BrittleLink link = new BrittleLink(postgres.port());
                RunTable table = new RunTable(postgres::connect);
                GatewayProcess closing = start(OwnPostgres.address(link.port()), upstream);
                GatewayProcess lost = start(postgres.address(), upstream)) {
            try (WireResponse live = live(lost, upstream)) {
                link.loseResponsesTo("pg_terminate_backend");

                lost.kill();
                link.awaitLoss();
                link.vanish();

                assertEquals("failed/gateway_lost 1", closed(table, live));
            }
            assertTrue(closing.isAlive());
            Awaitility.await("its own commits go on as well").atMost(CLOSED).until(() -> takesRuns(closing, upstream));
        }
    }

    private static void closesRunsBesideOneWhoseFramesAreDamaged() throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream();
                OwnPostgres postgres = OwnPostgres.start();
                RunTable table = new RunTable(postgres::connect);
                GatewayProcess closing = start(postgres.address(), upstream);
                GatewayProcess lost = start(postgres.address(), upstream);
                WireResponse damaged = live(lost, upstream);
                WireResponse other = live(lost, upstream)) {
            try (Connection connection = postgres.connect();
                    Statement damage = connection.createStatement()) {
                String newest = "(select run_pk, max(last_sequence) from block where run_pk = "
                        + table.key(damaged.header("Runtape-Run-Id")) + " group by run_pk)";
                assertEquals(
                        1,
                        damage.executeUpdate(
                                "update block set content = '?' where (run_pk, last_sequence) in " + newest));
            }

            lost.kill();

            assertEquals("failed/gateway_lost 1", closed(table, other));
            assertEquals("failed/gateway_lost 0", closed(table, damaged));
            assertTrue(closing.isAlive());
        }
    }

    /** A stream of one frame that goes on. */
    private static WireResponse live(GatewayProcess gateway, ScriptedUpstream upstream) throws Exception {
        WireResponse live = gateway.client()
                .post("/v1/run", "{}", upstream.on(Script.unended(FIRST)).header());
        live.readUpTo(FIRST.length());
        return live;
    }

    /** How a run ended, and its last sequence. */
    private static String closed(RunTable table, WireResponse live) throws Exception {
        String id = live.header("Runtape-Run-Id");
        RunRow run = RunTable.await("the run is closed", CLOSED, () -> {
            RunRow row = table.run(id);
            return row.running() ? null : row;
        });
        return run.outcome() + " " + run.lastSequence();
    }

    private static boolean takesRuns(GatewayProcess gateway, ScriptedUpstream upstream) throws Exception {
        try (WireResponse next = gateway.client()
                .post("/v1/run", "{}", upstream.on(Script.stream("data: x\n\n")).header())) {
            return next.status() == 200 && next.readAll().length > 0 && next.end() == WireResponse.End.WHOLE;
        } catch (IOException noHead) {
            return false;
        }
    }

    private static GatewayProcess start(String database, ScriptedUpstream upstream) throws Exception {
        Map<String, String> settings = GatewayProcess.onPostgres(database, upstream);
        settings.put("RUNTAPE_NODE_LEASE", "6s");
        return GatewayProcess.start(settings, "-XX:TieredStopAtLevel=1", "-Xmx256m")
                .crowded()
                .ready();
    }
}
