package io.runtape.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PgBouncer;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** A database as teams have it: with other tables in it, roles that may little, a pooler before it, and other Runtapes. */
class SchemaIT {

    private static final Duration START = Duration.ofMinutes(2);

    /** They do not live for long: compiling less is starting sooner. */
    private static final String[] SHORT_LIVED = {"-XX:TieredStopAtLevel=1", "-Xmx192m"};

    private static final String EVENT = "data: x\n\n";

    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final List<GatewayProcess> started = new ArrayList<>();
    private final String database = PostgresServer.freshDatabase();

    @TempDir
    Path dataDir;

    @AfterEach
    void stop() {
        GatewayProcess.closeAll(started);
        upstream.close();
    }

    private GatewayProcess start(String address, String... further) throws IOException {
        return start(GatewayProcess.onPostgres(address, upstream), further);
    }

    private GatewayProcess start(Map<String, String> settings, String... further) throws IOException {
        for (int i = 0; i < further.length; i += 2) {
            settings.put(further[i], further[i + 1]);
        }
        GatewayProcess gateway = GatewayProcess.start(settings, SHORT_LIVED);
        started.add(gateway);
        return gateway;
    }

    /** The database's address for a role that may do nothing in it but connect, until it is granted more. */
    private String as(String role) throws SQLException {
        execute("do $$ begin if not exists (select from pg_roles where rolname = '" + role + "') then create role "
                + role + " login; end if; end $$");
        return database.replace("postgres@", role + "@");
    }

    private void execute(String... statements) throws SQLException {
        try (Connection connection = PostgresServer.connect(database);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** The rows that a query finds, each one's columns joined. */
    private List<String> rows(String sql) throws SQLException {
        try (Connection connection = PostgresServer.connect(database);
                Statement select = connection.createStatement();
                ResultSet row = select.executeQuery(sql)) {
            List<String> rows = new ArrayList<>();
            while (row.next()) {
                rows.add(row.getString(1));
            }
            return rows;
        }
    }

    private static String recorded(WireResponse response) throws IOException {
        try (response) {
            assertEquals(EVENT, new String(response.whole(), UTF_8), response::text);
            return response.header("Runtape-Run-Id");
        }
    }

    private WireResponse post(GatewayProcess gateway, Script script) throws IOException {
        return gateway.client()
                .post("/v1/run", "{}", "X-API-Key: k", upstream.on(script).header());
    }

    private String record(GatewayProcess gateway) throws IOException {
        return recorded(post(gateway, Script.stream(EVENT)));
    }

    private static int statusOf(GatewayProcess gateway, String run) throws IOException {
        try (WireResponse response = gateway.client().get("/history/v1/runs/" + run, "X-API-Key: k")) {
            response.whole();
            return response.status();
        }
    }

    /** The line that says why it did not start: all that it says. */
    private static String refusal(GatewayProcess gateway) throws InterruptedException {
        assertNotEquals(0, gateway.exit(START));
        assertEquals(1, gateway.said().size(), () -> String.join("\n", gateway.output()));
        return gateway.said().get(0);
    }

    private static void assertSays(String line, String... parts) {
        for (String part : parts) {
            assertTrue(line.contains(part), () -> part + " is not in: " + line);
        }
    }

    @Test
    @Execution(CONCURRENT)
    void leavesTheTablesOfOthersAlone() throws Exception {
        execute(
                "create table public.run (id text, note text)",
                "insert into public.run values ('theirs', 'kept')",
                "create table public.thread (id text)",
                "create table public.flyway_schema_history (version text, script text)",
                "insert into public.flyway_schema_history values ('7', 'theirs.sql')");

        GatewayProcess gateway = start(database).ready();
        String run = record(gateway);

        assertEquals(200, statusOf(gateway, run));
        assertEquals(List.of(run), rows("select id from runtape.run"));
        assertEquals(List.of("kept"), rows("select note from public.run"));
        assertEquals(List.of("theirs.sql"), rows("select script from public.flyway_schema_history"));
        assertEquals(
                List.of("flyway_schema_history", "run", "thread"),
                rows("select relname::text from pg_class where relnamespace = 'public'::regnamespace order by 1"));
    }

    @ParameterizedTest
    @Execution(CONCURRENT)
    @CsvSource(
            delimiter = '|',
            value = {
                "run\";drop | it has other characters",
                "a23456789_123456789_123456789_123456789_1 | longer than 40 characters"
            })
    void refusesANameThatNoSchemaOfItsOwnCanHave(String name, String why) throws Exception {
        String line = refusal(start(GatewayProcess.onH2(dataDir, upstream), "RUNTAPE_DATABASE_SCHEMA", name));

        assertSays(line, "RUNTAPE_DATABASE_SCHEMA cannot be used: ", why, "Allowed are 1 to 40 of a-z, 0-9 and _");
    }

    @Test
    @Execution(CONCURRENT)
    void takesTheLongestNameOnEitherDatabase() throws Exception {
        String name = "order_6789_123456789_123456789_123456789";
        GatewayProcess onPostgres = start(database, "RUNTAPE_DATABASE_SCHEMA", name);
        GatewayProcess onH2 = start(GatewayProcess.onH2(dataDir, upstream), "RUNTAPE_DATABASE_SCHEMA", name);

        assertEquals(200, statusOf(onPostgres, record(onPostgres)));
        assertEquals(200, statusOf(onH2, record(onH2)));
        assertEquals(
                List.of("runtape-node-" + name + "-1"),
                rows("select application_name from pg_stat_activity where datname = current_database()"
                        + " and application_name like 'runtape-node-%'"));
    }

    /** Their nodes have the same ids, and what one does to a dead gateway's sessions it does to no other schema's. */
    @Test
    @Execution(CONCURRENT)
    void keepsTheSchemasOfOneDatabaseApart() throws Exception {
        try (Connection listening = PostgresServer.connect(database);
                Statement listen = listening.createStatement()) {
            listen.execute("listen \"runtape.runtape\"");
            listen.execute("listen \"runtape.staging\"");
            GatewayProcess one = start(database, "RUNTAPE_NODE_LEASE", "3s").ready();
            assertEquals("runtape.runtape", heard(listening));
            GatewayProcess staging = start(database, "RUNTAPE_DATABASE_SCHEMA", "staging", "RUNTAPE_NODE_LEASE", "3s")
                    .ready();
            assertEquals("runtape.staging", heard(listening));
            CountDownLatch end = new CountDownLatch(1);
            try (WireResponse live = post(staging, exchange -> {
                exchange.streamHead();
                end.await();
                exchange.chunk(EVENT).end();
            })) {
                live.head();
                String cut;
                try (WireResponse lost =
                        post(one, exchange -> exchange.streamHead().awaitPeerGone())) {
                    cut = lost.header("Runtape-Run-Id");
                    one.kill();
                }
                String session = "select pid from pg_stat_activity where datname = current_database()"
                        + " and application_name = 'runtape-node-staging-1'";
                List<String> writing = rows(session);

                GatewayProcess after =
                        start(database, "RUNTAPE_NODE_LEASE", "3s").ready();
                RunTable.await(
                        "the dead gateway's run is closed",
                        () -> rows("select reason from runtape.run where id = '" + cut + "'")
                                        .contains("gateway_lost")
                                ? true
                                : null);
                end.countDown();

                String run = recorded(live);
                assertEquals(writing, rows(session));
                assertEquals(1, writing.size());
                assertEquals(404, statusOf(after, run));
                assertEquals(404, statusOf(staging, cut));
                assertEquals(200, statusOf(staging, run));
                assertEquals(List.of("1"), rows("select node_id from staging.node"));
                // The row of a dead gateway goes after its runs are closed.
                await("one gateway is left")
                        .atMost(START)
                        .untilAsserted(() -> assertEquals(List.of("2"), rows("select node_id from runtape.node")));
            }
        }
    }

    /** The channel of the next notification; gateways announce their beginning. */
    private static String heard(Connection listening) throws SQLException {
        PGConnection session = listening.unwrap(PGConnection.class);
        return RunTable.await("a notification", START, () -> {
            PGNotification[] heard = session.getNotifications(100);
            if (heard == null || heard.length == 0) {
                return null;
            }
            assertEquals(
                    1,
                    Arrays.stream(heard).map(PGNotification::getName).distinct().count());
            return heard[0].getName();
        });
    }

    @Test
    @Execution(CONCURRENT)
    void saysWhichRightIsMissing() throws Exception {
        String address = as("lacking");

        String line = refusal(start(address));

        assertSays(
                line,
                "may not make the schema runtape",
                "GRANT CREATE ON DATABASE " + PostgresServer.databaseOf(database) + " TO lacking",
                "CREATE SCHEMA \"runtape\"; GRANT USAGE, CREATE ON SCHEMA \"runtape\" TO lacking");
        execute("grant create on database " + PostgresServer.databaseOf(database) + " to lacking");
        GatewayProcess granted = start(address);
        assertEquals(200, statusOf(granted, record(granted)));
    }

    @Test
    @Execution(CONCURRENT)
    void startsInASchemaThatAnAdministratorHasMade() throws Exception {
        String address = as("guest");
        execute("create schema runtape", "grant usage on schema runtape to guest");

        String line = refusal(start(address));

        assertSays(
                line,
                "may not make tables in the schema runtape",
                "GRANT USAGE, CREATE ON SCHEMA \"runtape\" TO guest");
        execute("grant usage, create on schema runtape to guest");
        GatewayProcess granted = start(address);
        String run = record(granted);
        granted.kill();
        GatewayProcess again = start(address);
        assertEquals(200, statusOf(again, run));
    }

    @Test
    @Execution(CONCURRENT)
    void refusesASchemaThatHoldsSomethingElse() throws Exception {
        execute("create schema runtape", "create table runtape.invoice (id bigint)");

        assertSays(refusal(start(database)), "The schema runtape ", "RUNTAPE_DATABASE_SCHEMA");
    }

    /** What such a history is told by. */
    private static final List<String> BEFORE_THE_FIRST_RELEASE = List.of(
            "create table public.flyway_schema_history (version varchar(50), script varchar(1000))",
            "create table public.run (run_pk bigint not null primary key, thread_ordinal bigint)",
            "create table public.frame (run_pk bigint not null, offset_us bigint not null)");

    @Test
    @Execution(CONCURRENT)
    void refusesAHistoryFromBeforeTheFirstRelease() throws Exception {
        execute(BEFORE_THE_FIRST_RELEASE.toArray(String[]::new));

        String line = refusal(start(database));

        assertSays(
                line,
                "PostgreSQL at ",
                "before Runtape's first release",
                "name another database in RUNTAPE_DATABASE_URL");
        assertEquals(List.of(), rows("select nspname from pg_namespace where nspname = 'runtape'"));
    }

    @Test
    @Execution(CONCURRENT)
    void refusesAFileFromBeforeTheFirstRelease() throws Exception {
        String file = dataDir.toAbsolutePath().normalize().resolve("runtape").toString();
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:h2:file:" + file + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE", "runtape", "");
                Statement create = connection.createStatement()) {
            for (String sql : BEFORE_THE_FIRST_RELEASE) {
                create.execute(sql);
            }
        }

        String line = refusal(start(GatewayProcess.onH2(dataDir, upstream)));

        assertSays(line, "H2 file " + file, "before Runtape's first release", "name another RUNTAPE_DATA_DIR");
    }

    @Test
    @Execution(CONCURRENT)
    void makesTheTablesOnceWhenThreeStartAtOnce() throws Exception {
        List<GatewayProcess> three = List.of(start(database), start(database), start(database));

        for (GatewayProcess gateway : three) {
            gateway.crowded().ready();
            gateway.management().awaitDatabase("UP", START);
        }
        assertEquals(
                List.of(
                        "1", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "2", "20", "21", "22", "23",
                        "24", "25", "26", "3", "4", "7"),
                rows("select version from runtape.flyway_schema_history where success order by 1"));
        String run = record(three.get(0));
        for (GatewayProcess gateway : three) {
            assertEquals(200, statusOf(gateway, run));
            assertFalse(gateway.said().stream().anyMatch(SchemaIT::isFault), () -> String.join("\n", gateway.output()));
        }
    }

    /** That the database is slow, as three gateways that start on a busy machine make it, is none. */
    private static boolean isFault(String line) {
        return (line.contains(" WARN ") || line.contains(" ERROR "))
                && !line.contains("the heartbeat of this gateway cannot be written")
                && !line.contains("other gateways cannot be listened to");
    }

    // ---- Through PgBouncer in transaction mode

    @Test
    @Execution(CONCURRENT)
    void needsNothingThroughAPoolerWhereTheRoleIsNamedAsTheSchema() throws Exception {
        Assumptions.assumeTrue(PgBouncer.isInstalled(), "there is no PgBouncer on this machine");
        String direct = as("runtape");
        execute("grant create on database " + PostgresServer.databaseOf(database) + " to runtape");
        try (PgBouncer bouncer = PgBouncer.start(database)) {
            GatewayProcess gateway = start(bouncer.address("runtape"), "RUNTAPE_DATABASE_DIRECT_URL", direct);

            assertEquals(200, statusOf(gateway, record(gateway)));
            assertEquals(List.of("1"), rows("select count(*) from runtape.run"));
        }
    }

    @Test
    @Execution(CONCURRENT)
    void saysWhatIsMissingThroughAPooler() throws Exception {
        Assumptions.assumeTrue(PgBouncer.isInstalled(), "there is no PgBouncer on this machine");
        try (PgBouncer bouncer = PgBouncer.start(database)) {
            String line = refusal(start(bouncer.address(), "RUNTAPE_DATABASE_DIRECT_URL", database));

            assertSays(
                    line,
                    "looked up in the schema public and not in runtape",
                    "ALTER ROLE postgres IN DATABASE " + PostgresServer.databaseOf(database)
                            + " SET search_path = \"runtape\"");
        }
    }
}
