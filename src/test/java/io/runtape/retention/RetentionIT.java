package io.runtape.retention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs are deleted when they have been kept long enough, packed or not; a run that goes on is not. */
@Execution(CONCURRENT)
class RetentionIT {

    private static final String SECRET = "a secret that must go";

    /** Runs that fail: more than their frames are deleted of at once, and than there is time for if the others waited for each of them. */
    private static final int FAILING = 20;

    /** Half of what they rest for where nothing is left to do. */
    private static final Duration NO_REST = Duration.ofSeconds(30);

    private final ScriptedUpstream upstream = new ScriptedUpstream();

    @AfterEach
    void stop() {
        upstream.close();
    }

    @Test
    void deletesWhatHasBeenKeptLongEnoughOnH2(@TempDir Path dataDir) throws Exception {
        Map<String, String> settings = settings(GatewayProcess.onH2(dataDir, upstream));
        deletesWhatHasBeenKeptLongEnough(settings);
    }

    @Test
    void deletesWhatHasBeenKeptLongEnoughOnPostgres() throws Exception {
        String database = PostgresServer.freshDatabase();
        deletesWhatHasBeenKeptLongEnough(settings(GatewayProcess.onPostgres(database, upstream)));

        try (RunTable table = new RunTable(() -> connect(database))) {
            assertTrue(table.everything().stream()
                    .noneMatch(value -> new String(value, StandardCharsets.ISO_8859_1).contains(SECRET)));
        }
        try (Connection connection = connect(database)) {
            for (String emptied : new String[] {"run", "thread", "block", "packed_block"}) {
                assertEquals(0, count(connection, emptied), emptied);
            }
        }
    }

    @Test
    void deletesWhatItsRulesSayOnH2(@TempDir Path dataDir) throws Exception {
        deletesWhatItsRulesSay(GatewayProcess.onH2(dataDir, upstream));
    }

    @Test
    void deletesWhatItsRulesSayOnPostgres() throws Exception {
        deletesWhatItsRulesSay(GatewayProcess.onPostgres(PostgresServer.freshDatabase(), upstream));
    }

    private void deletesWhatItsRulesSay(Map<String, String> settings) throws Exception {
        settings.put("RUNTAPE_PACK_AFTER", "200ms");
        settings.put("RUNTAPE_RETENTION_FRAMES", "1s");
        settings.put("RUNTAPE_RETENTION_RULES_KEPT_AGENT", "keeper");
        settings.put("RUNTAPE_RETENTION_RULES_KEPT_FRAMES_AFTER", "off");
        settings.put("RUNTAPE_RETENTION_RULES_SHORT_PATH", "/v1/agents/{agent}/run");
        settings.put("RUNTAPE_RETENTION_RULES_SHORT_AFTER", "2s");
        settings.put("RUNTAPE_ANONYMOUS", "true");
        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            String kept = record(gateway, "/v1/agents/keeper/run");
            String thin = record(gateway, "/v1/run");
            String gone = record(gateway, "/v1/agents/drafts/run");

            RunTable.await("its frames are deleted", () -> status(gateway, thin + "/request") == 410 ? true : null);
            RunTable.await("it is deleted", () -> status(gateway, gone) == 404 ? true : null);
            assertEquals(410, status(gateway, thin + "/events"));
            assertEquals(200, status(gateway, thin));
            try (WireResponse told = gateway.client().get("/history/v1/runs/" + thin + "/transcript")) {
                assertTrue(new String(told.readAll(), StandardCharsets.UTF_8).contains(SECRET));
            }
            assertEquals(200, status(gateway, kept + "/request"));
            assertEquals(200, status(gateway, kept + "/events"));
        }
    }

    /** The frames of all runs but the last three cannot be deleted, for a fault that might pass. */
    @ParameterizedTest
    @CsvSource({"RUNTAPE_RETENTION, completed_at is not null", "RUNTAPE_RETENTION_FRAMES, frames_expired_at is null"})
    void deletesTheOthersWhereSomeFailAgainAndAgain(String setting, String left) throws Exception {
        String database = PostgresServer.freshDatabase();
        Map<String, String> settings = GatewayProcess.onPostgres(database, upstream);
        settings.put("RUNTAPE_PACK_AFTER", "off");
        settings.put("RUNTAPE_ANONYMOUS", "true");
        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            for (int i = 0; i < FAILING + 3; i++) {
                record(gateway);
            }
        }
        settings.put(setting, "1s");
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute("create function damaged() returns trigger language plpgsql as"
                    + " $$ begin raise exception 'it cannot be read' using errcode = '58P01'; end $$");
            statement.execute("create trigger damaged before delete on block for each row when (old.run_pk < "
                    + number(connection, "select run_pk from run order by run_pk offset " + FAILING + " limit 1")
                    + ") execute function damaged()");
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                RunTable.await(
                        "the others are deleted",
                        () -> count(connection, "run where " + left) == FAILING ? true : null);
                assertEquals(FAILING, count(connection, "(select distinct run_pk from block) r"));
            }
        }
    }

    /** Where they meet, each finds that the other one has deleted what it was about to: there is more to do at once, for both. */
    @Test
    void keepsPaceWhereSeveralGatewaysDeleteTheSame() throws Exception {
        String database = PostgresServer.freshDatabase();
        Map<String, String> settings = GatewayProcess.onPostgres(database, upstream);
        settings.put("RUNTAPE_ANONYMOUS", "true");
        try (Connection connection = connect(database)) {
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                record(gateway);
                // Its copies are then left alone by what indexes runs.
                RunTable.await(
                        "it is indexed",
                        () -> count(connection, "run where indexed_at is not null") == 1 ? true : null);
            }
            keepForTwoYears(connection, 1500);
            settings.put("RUNTAPE_RETENTION", "365d");
            try (GatewayProcess one = GatewayProcess.start(settings);
                    GatewayProcess two = GatewayProcess.start(settings)) {
                one.ready();
                two.ready();
                awaitAllDeletedWithoutRest(connection);
            }
        }
    }

    private static void awaitAllDeletedWithoutRest(Connection connection) throws SQLException {
        AtomicLong left = new AtomicLong(count(connection, "run"));
        AtomicLong since = new AtomicLong(System.nanoTime());
        RunTable.await("all runs are deleted", Duration.ofMinutes(5), () -> {
            long now = count(connection, "run");
            if (left.getAndSet(now) != now) {
                since.set(System.nanoTime());
            }
            assertTrue(System.nanoTime() - since.get() < NO_REST.toNanos(), () -> "they rest with runs left: " + now);
            return now == 0 ? true : null;
        });
    }

    /** Makes so many copies of the one run that there is. */
    private static void keepForTwoYears(Connection connection, int copies) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("update run set created_at = created_at - interval '2 years',"
                    + " completed_at = completed_at - interval '2 years'");
            ResultSet names = statement.executeQuery("""
                    select string_agg(column_name, ', '),
                        string_agg(case when column_name in ('run_pk', 'thread_ordinal') then column_name || ' + n'
                            when column_name = 'id' then 'id || n' else column_name end, ', ')
                    from information_schema.columns
                    where table_schema = 'runtape' and table_name = 'run' and is_generated = 'NEVER'""");
            names.next();
            String copy = "insert into run (" + names.getString(1) + ") select " + names.getString(2)
                    + " from run, generate_series(1, " + copies + ") n";
            statement.execute(copy);
        }
    }

    private static Connection connect(String database) throws SQLException {
        Connection connection = PostgresServer.connect(database);
        connection.setSchema("runtape");
        return connection;
    }

    private static long count(Connection connection, String table) throws SQLException {
        return number(connection, "select count(*) from " + table);
    }

    private static long number(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static Map<String, String> settings(Map<String, String> settings) {
        settings.put("RUNTAPE_PACK_AFTER", "100ms");
        settings.put("RUNTAPE_RETENTION", "1s");
        settings.put("RUNTAPE_ANONYMOUS", "true");
        return settings;
    }

    private void deletesWhatHasBeenKeptLongEnough(Map<String, String> settings) throws Exception {
        try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
            CountDownLatch goesOn = new CountDownLatch(1);
            String live = upstream.on(exchange -> {
                        exchange.head(200, "Content-Type: text/event-stream", "Transfer-Encoding: chunked");
                        exchange.chunk("data: live\n\n".getBytes(StandardCharsets.UTF_8));
                        goesOn.await();
                        exchange.end();
                    })
                    .header();
            try (WireResponse going = gateway.client().post("/v1/run", "{}", live)) {
                String goingOn = going.header("Runtape-Run-Id");
                String ended = record(gateway);
                RunTable.await("it is deleted", () -> status(gateway, ended) == 404 ? true : null);
                assertEquals(200, status(gateway, goingOn));
                goesOn.countDown();
                going.whole();
                RunTable.await("it is deleted too", () -> status(gateway, goingOn) == 404 ? true : null);
            }
            RunTable.await("no thread is left", () -> threads(gateway).contains("\"data\":[]") ? true : null);
        }
    }

    private String record(GatewayProcess gateway) throws Exception {
        return record(gateway, "/v1/run");
    }

    private String record(GatewayProcess gateway, String path) throws Exception {
        String script = upstream.on(Script.stream("data: " + SECRET + "\n\n")).header();
        try (WireResponse response = gateway.client().post(path, "{\"prompt\":\"" + SECRET + "\"}", script)) {
            response.whole();
            return response.header("Runtape-Run-Id");
        }
    }

    private static int status(GatewayProcess gateway, String id) throws Exception {
        try (WireResponse response = gateway.client().get("/history/v1/runs/" + id)) {
            return response.status();
        }
    }

    private static String threads(GatewayProcess gateway) throws Exception {
        try (WireResponse response = gateway.client().get("/history/v1/threads")) {
            return new String(response.readAll(), StandardCharsets.UTF_8);
        }
    }
}
