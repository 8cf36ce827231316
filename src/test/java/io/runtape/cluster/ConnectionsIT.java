package io.runtape.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.OwnPostgres;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Three gateways as they are shipped share a PostgreSQL as it is shipped: with 100 connections. */
class ConnectionsIT {

    private static final int GATEWAYS = 3;

    /** More than there are connections for, at each gateway. */
    private static final int READERS = 40;

    private static final String CREDENTIAL = "X-API-Key: connections";

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @Test
    void threeGatewaysWithAllTheirReadersFitAHundredConnections() throws Exception {
        List<GatewayProcess> gateways = new ArrayList<>();
        List<WireResponse> open = new ArrayList<>();
        try (OwnPostgres own = OwnPostgres.start("100");
                ScriptedUpstream upstream = new ScriptedUpstream()) {
            // A superuser would have the connections that are reserved as well.
            own.execute("create role team login; create schema runtape authorization team");
            String address = own.address().replace("postgres@", "team@");
            CountDownLatch on = new CountDownLatch(1);
            Script script = exchange -> {
                exchange.streamHead().chunk("data: 1\n\n");
                on.await();
                exchange.chunk("data: 2\n\n").end();
            };
            for (int i = 0; i < GATEWAYS; i++) {
                gateways.add(GatewayProcess.start(
                                GatewayProcess.onPostgres(address, upstream), "-XX:TieredStopAtLevel=1", "-Xmx256m")
                        .crowded()
                        .ready());
            }
            List<WireResponse> live = new ArrayList<>();
            for (GatewayProcess gateway : gateways) {
                WireResponse response = gateway.client()
                        .post("/v1/run", "{}", CREDENTIAL, upstream.on(script).header());
                response.readUpTo("data: 1\n\n".length());
                live.add(response);
            }
            open.addAll(live);

            try (Connection locking = own.connect();
                    Statement lock = locking.createStatement()) {
                locking.setAutoCommit(false);
                lock.execute("lock table runtape.thread in access exclusive mode");
                for (GatewayProcess gateway : gateways) {
                    for (int i = 0; i < READERS; i++) {
                        WireResponse response = gateway.client().sendHead("GET", "/history/v1/threads", CREDENTIAL);
                        open.add(response);
                    }
                }
                long pools = awaitStandstill(own);
                System.out.printf("%d sessions of three gateways, %d of readers wait%n", sessions(own), pools);

                // Callers alone wait, and do so for longer than this may take.
                for (GatewayProcess gateway : gateways) {
                    gateway.management().awaitDatabase("UP", Duration.ofSeconds(10));
                }
                // And one more gateway finds its place, as while they are replaced.
                assertTrue(sessions(own) + sessions(own) / GATEWAYS <= 97, sessions(own) + " sessions");
                locking.rollback();
            }
            on.countDown();

            for (WireResponse response : live) {
                assertEquals("data: 1\n\ndata: 2\n\n", new String(response.whole(), UTF_8));
            }
            for (GatewayProcess gateway : gateways) {
                assertFalse(
                        gateway.output().stream()
                                .anyMatch(
                                        line -> line.contains("too many clients") || line.contains("connection slots")),
                        () -> String.join("\n", gateway.output()));
            }
        } finally {
            for (WireResponse response : open) {
                response.close();
            }
            GatewayProcess.closeAll(gateways);
        }
    }

    /** How many readers wait for the lock, once each gateway has let its own in and no more come. */
    private static long awaitStandstill(OwnPostgres own) {
        long[] last = {-1};
        int[] same = {0};
        return RunTable.await("all readers are let in", PATIENCE, () -> {
            long now = number(
                    own,
                    "select count(*) from pg_stat_activity where usename = 'team' and wait_event_type = 'Lock'"
                            + " and application_name = 'runtape'");
            same[0] = now == last[0] ? same[0] + 1 : 0;
            last[0] = now;
            return now >= GATEWAYS * 10 && same[0] >= 100 ? now : null;
        });
    }

    private static long sessions(OwnPostgres own) throws SQLException {
        return number(own, "select count(*) from pg_stat_activity where usename = 'team'");
    }

    private static long number(OwnPostgres own, String sql) throws SQLException {
        try (Connection connection = own.connect();
                Statement select = connection.createStatement();
                ResultSet row = select.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
