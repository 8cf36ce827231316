package io.runtape.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.OwnPostgres;
import io.runtape.testsupport.PostgresServer;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The packaged gateway starts, or says in one clear line why not. */
@Order(1)
class StartIT {

    private static final Duration START = Duration.ofMinutes(2);

    /** Half of what another gateway waits for its embedded database. */
    private static final Duration STOPS_WITHIN = Duration.ofSeconds(5);

    /** They do not live for long: compiling less is starting sooner. */
    private static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1";

    private final ScriptedUpstream upstream = new ScriptedUpstream();
    private final List<GatewayProcess> started = new ArrayList<>();

    @TempDir
    Path dataDir;

    @AfterEach
    void stop() {
        started.forEach(GatewayProcess::close);
        upstream.close();
    }

    private GatewayProcess start(Map<String, String> settings) throws IOException {
        GatewayProcess gateway = GatewayProcess.start(settings, SHORT_LIVED);
        started.add(gateway);
        return gateway;
    }

    private Map<String, String> onH2(String... further) {
        Map<String, String> settings = GatewayProcess.onH2(dataDir, upstream);
        for (int i = 0; i < further.length; i += 2) {
            settings.put(further[i], further[i + 1]);
        }
        return settings;
    }

    /** The line that says why it did not start: the only one that speaks of it, and without a stack. */
    private static String refusal(GatewayProcess gateway, String about) throws InterruptedException {
        assertNotEquals(0, gateway.exit(START));
        List<String> said =
                gateway.output().stream().filter(line -> line.contains(about)).toList();
        assertEquals(1, said.size(), () -> String.join("\n", gateway.output()));
        assertFalse(
                gateway.output().stream().anyMatch(line -> line.startsWith("\tat ") || line.contains("Caused by:")),
                () -> String.join("\n", gateway.output()));
        assertFalse(gateway.output().stream().anyMatch(line -> line.contains("hunter2")));
        return said.get(0);
    }

    @ParameterizedTest
    @Execution(CONCURRENT)
    @ValueSource(
            strings = {
                "mysql://runtape:hunter2@localhost/runtape",
                "jdbc:postgresql://localhost/runtape?password=hunter2",
                "postgresql://runtape:hunter2@localhost",
                "postgresql://runtape:hunter2@/runtape",
                "postgresql://runtape:hunter2 2@localhost/runtape",
                "runtape"
            })
    void refusesAnAddressThatIsNone(String url) throws Exception {
        String line = refusal(start(onH2("RUNTAPE_DATABASE_URL", url)), "RUNTAPE_DATABASE_URL");

        assertTrue(line.contains("postgresql://user:password@host:5432/database"), line);
    }

    @Test
    @Execution(CONCURRENT)
    void refusesToStartWhereTheDatabaseIsAway() throws Exception {
        // A port that is taken and where nobody listens.
        try (Socket taken = new Socket()) {
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int port = taken.getLocalPort();

            String line = refusal(
                    start(onH2("RUNTAPE_DATABASE_URL", "postgresql://runtape:hunter2@127.0.0.1:" + port + "/runtape")),
                    "cannot open its database");

            assertTrue(line.contains("PostgreSQL at 127.0.0.1:" + port + "/runtape"), line);
            assertTrue(line.contains("refused"), line);
        }
    }

    @ParameterizedTest
    @Execution(CONCURRENT)
    @CsvSource({"postgres, no_such_database, no_such_database", "no_such_role, postgres, no_such_role"})
    void saysWhatTheDatabaseSays(String user, String database, String said) throws Exception {
        String address = PostgresServer.freshDatabase();
        String server = address.substring(address.indexOf('@') + 1, address.lastIndexOf('/'));

        String line = refusal(
                start(onH2("RUNTAPE_DATABASE_URL", "postgresql://" + user + ":hunter2@" + server + "/" + database)),
                "cannot open its database");

        assertTrue(line.contains("\"" + said + "\" does not exist"), line);
    }

    @Test
    @Execution(CONCURRENT)
    void refusesADataDirectoryThatIsAFile() throws Exception {
        Path file = Files.writeString(dataDir.resolve("file"), "x");

        String line = refusal(start(GatewayProcess.onH2(file.resolve("data"), upstream)), "cannot open its database");

        assertTrue(line.contains("RUNTAPE_DATA_DIR"), line);
    }

    @ParameterizedTest
    @Execution(CONCURRENT)
    @CsvSource(
            delimiter = '|',
            value = {
                "RUNTAPE_AUTH | teams | Allowed values: caller",
                "RUNTAPE_SECRET | hunter2 | at least 16 characters",
                "RUNTAPE_CORS_ORIGINS | https://app.example.com/ | such as https://app.example.com",
                "RUNTAPE_CORS_ORIGINS | https://app.example.com,/https://(/ | '/https://(/'",
                "RUNTAPE_UPSTREAM_URL | ftp://hunter2@agents.example | http or https",
                "RUNTAPE_UPSTREAM_CA_FILE | /nowhere/hunter2.pem | a file of PEM certificates",
                "RUNTAPE_UPSTREAM_CLIENT_CERTIFICATE_FILE | hunter2.pem | or neither is set",
                "RUNTAPE_UPSTREAM_CLIENT_KEY_FILE | hunter2.pem | or neither is set",
                "RUNTAPE_UPSTREAM_PROXY | http://runtape:hunter2@proxy.example.com | with its port",
                "RUNTAPE_UPSTREAM_CONNECT_TIMEOUT | 0s | from 100 ms to 10 minutes",
                "RUNTAPE_MAX_CONNECTION_AGE | 900ms | at least 1 s",
                "RUNTAPE_RECORD_PATHS | v1/run | begins with a slash",
                "RUNTAPE_RECORD_PATHS | /history/v1/runs | are the gateway's own"
            })
    void refusesASettingThatCannotBeUsed(String name, String value, String allowed) throws Exception {
        String line = refusal(start(onH2(name, value)), name);

        assertTrue(line.contains(allowed), line);
    }

    @Test
    @Execution(CONCURRENT)
    void namesEverySettingThatThereIsNot() throws Exception {
        GatewayProcess gateway = GatewayProcess.start(
                onH2(
                        "RUNTAPE_SECERT", "hunter2",
                        "RUNTAPE_DATABASE_PASSWORD", "hunter2",
                        "RUNTAPE_PORT", "hunter2",
                        "runtape.max-bdy", "1M",
                        "Runtape_Store_Timeouts", "1s",
                        "RUNTAPE_RECORD_PATH_0_", "/v1/run",
                        "_DEV_RUNTAPE_SECERT", "hunter2"),
                SHORT_LIVED,
                "-Druntape.max.frame=1M",
                "-D%prod.runtape.auht=hunter2");
        started.add(gateway);

        String line = refusal(gateway, "There is no setting");

        for (String said : List.of(
                "RUNTAPE_SECERT; the nearest is RUNTAPE_SECRET.",
                "RUNTAPE_DATABASE_PASSWORD; the nearest is RUNTAPE_DATABASE_PASSWORD_FILE.",
                "RUNTAPE_PORT; the nearest is RUNTAPE_MODE.",
                "RUNTAPE_MAX_BDY; the nearest is RUNTAPE_MAX_BODY.",
                "RUNTAPE_STORE_TIMEOUTS; the nearest is RUNTAPE_STORE_TIMEOUT.",
                "RUNTAPE_RECORD_PATH_0_; the nearest is RUNTAPE_RECORD_PATHS.",
                "_DEV_RUNTAPE_SECERT; the nearest is RUNTAPE_SECRET.",
                "runtape.max.frame; the nearest is runtape.max-frame.",
                "%prod.runtape.auht; the nearest is runtape.auth.")) {
            assertTrue(line.contains("There is no setting " + said), line);
        }
    }

    @Test
    @Execution(CONCURRENT)
    void takesSettingsInEveryFormAndWhatKubernetesSets() throws Exception {
        Map<String, String> settings = onH2(
                "RUNTAPE_RECORD_PATHS_0_", "/v1/run",
                "RUNTAPE_RECORD_PATHS_1_", "/v1/other",
                "runtape.max-body", "2K",
                "RUNTAPE_SERVICE_HOST", "10.0.0.11",
                "RUNTAPE_SERVICE_PORT_HTTP", "8080",
                "RUNTAPE_PORT", "tcp://10.0.0.11:8080",
                "RUNTAPE_PORT_8080_TCP_ADDR", "10.0.0.11",
                "RUNTAPE_ADMIN_PORT_9000_TCP", "tcp://10.0.0.12:9000");
        GatewayProcess gateway =
                GatewayProcess.start(settings, SHORT_LIVED, "-Druntape.max-frame=4K", "-D%dev.runtape.auth=none");
        started.add(gateway);

        WireResponse response = gateway.ready()
                .client()
                .post(
                        "/v1/other",
                        "{\"prompt\":\"" + "x".repeat(3000) + "\"}",
                        upstream.on(Script.stream("data: x\n\n")).header());

        assertEquals(413, response.status());
    }

    @Test
    @Execution(CONCURRENT)
    void refusesAChangedSecret() throws Exception {
        GatewayProcess first = start(onH2("RUNTAPE_SECRET", "0123456789abcdef")).ready();
        first.terminate();
        first.exit(START);

        String line = refusal(start(onH2("RUNTAPE_SECRET", "0123456789abcdeX")), "RUNTAPE_SECRET");

        assertTrue(line.contains("is not the one"), line);
    }

    @Test
    @Execution(CONCURRENT)
    void leavesAnEmbeddedDatabaseToTheGatewayThatHasIt() throws Exception {
        GatewayProcess first = start(onH2()).ready();

        String line = refusal(start(onH2()), "Another gateway uses this database");

        assertTrue(line.contains("H2 file " + dataDir), line);
        assertTrue(line.contains("share a PostgreSQL database"), line);
        assertTrue(first.isAlive());
        WireResponse response = first.client()
                .post("/v1/run", "{}", upstream.on(Script.stream("data: x\n\n")).header());
        assertEquals("data: x\n\n", new String(response.whole(), UTF_8));
    }

    @Test
    @Execution(CONCURRENT)
    void takesAnEmbeddedDatabaseOverFromAGatewayThatStops() throws Exception {
        boolean takenOver = isTakenOver();
        for (int again = 1; again < 3 && !takenOver; again++) {
            takenOver = isTakenOver();
        }
        assertTrue(takenOver, "a gateway takes too long to stop");
    }

    /** False where the first gateway took so long to stop that the second one rightly waits no longer. */
    private boolean isTakenOver() throws Exception {
        GatewayProcess first = start(onH2()).ready();
        GatewayProcess second = start(onH2());
        second.awaitLine("another gateway holds the database");
        long told = System.nanoTime();

        first.terminate();

        assertEquals(143, first.exit(START), "what a JVM says that was told to stop");
        if (System.nanoTime() - told > STOPS_WITHIN.toNanos()) {
            second.kill();
            return false;
        }
        second.ready();
        return true;
    }

    @Test
    @Execution(CONCURRENT)
    void warnsOfADatabaseFileWithoutAByte() throws Exception {
        Path file = Files.createFile(dataDir.resolve("runtape.mv.db"));

        GatewayProcess first = start(onH2()).ready();
        assertEquals(1, saidOfAnEmptyFile(first, file));
        first.terminate();
        first.exit(START);

        assertEquals(0, saidOfAnEmptyFile(start(onH2()).ready(), file));
    }

    private static long saidOfAnEmptyFile(GatewayProcess gateway, Path file) {
        return gateway.output().stream()
                .filter(line -> line.contains(" WARN ") && line.contains(file + " is there but empty"))
                .count();
    }

    // ---- What it says

    /** Nothing more than where the store is, what to try, and where it listens. */
    @Test
    @Execution(CONCURRENT)
    void saysLittleWhenItStarts() throws Exception {
        String address = PostgresServer.freshDatabase();
        List<Map<String, String>> stores = List.of(onH2(), GatewayProcess.onPostgres(address, upstream));
        List<String> said = List.of(
                "database: H2 file " + dataDir.resolve("runtape") + " \\(2\\.[0-9.]+\\)",
                "database: PostgreSQL at " + address.substring(address.indexOf('@') + 1) + " \\(1[0-9.]+\\)");
        for (int i = 0; i < stores.size(); i++) {
            for (boolean demo : new boolean[] {false, true}) {
                Map<String, String> settings = new HashMap<>(stores.get(i));
                if (demo) {
                    settings.remove("RUNTAPE_UPSTREAM_URL");
                }
                GatewayProcess gateway = start(settings).ready();
                awaitReadiness(gateway, READY);
                if (demo) {
                    gateway.awaitLine("A prompt with");
                }
                int port = gateway.port();
                gateway.terminate();
                gateway.exit(START);
                // A look at its readiness that took too long is noted.
                List<String> lines = gateway.said().stream()
                        .filter(line ->
                                !line.contains("runtape stopped in") && !line.contains("Reporting health down status"))
                        .toList();

                assertTrue(
                        lines.get(0)
                                .matches(".* INFO .* " + said.get(i) + ", schema runtape, tables of migration [0-9]+"),
                        () -> String.join("\n", lines));
                if (demo) {
                    assertTrue(
                            lines.contains("  curl -N http://localhost:" + port
                                    + "/v1/run -H 'Content-Type: application/json'"
                                    + " -d '{\"agent\":\"demo\",\"prompt\":\"Add a health check\"}'"),
                            () -> String.join("\n", lines));
                }
                assertEquals(demo ? 6 : 2, lines.size(), () -> String.join("\n", lines));
            }
        }
    }

    // ---- Readiness

    private static final Map<String, String> READY =
            Map.of("Graceful Shutdown", "UP", "database", "UP", "warm-up", "UP", "http", "200");

    @Test
    @Execution(CONCURRENT)
    void isReadyWithoutItsAgentApiAndSaysThatItIsAway() throws Exception {
        GatewayProcess gateway = start(onH2()).ready();
        awaitReadiness(gateway, READY);
        awaitWellness(gateway, Map.of("http", "200", "upstream", "UP"));
        upstream.refuse();
        awaitReadiness(gateway, READY);
        awaitWellness(gateway, Map.of("http", "503", "upstream", "DOWN"));
        upstream.acceptAgain();
        awaitWellness(gateway, Map.of("http", "200", "upstream", "UP"));
    }

    /** What a look finds down that took too long on a busy machine is found up by a later one. */
    private static void awaitReadiness(GatewayProcess gateway, Map<String, String> checks) {
        await("its readiness")
                .atMost(START)
                .untilAsserted(() -> assertEquals(checks, gateway.management().readiness()));
    }

    private static void awaitWellness(GatewayProcess gateway, Map<String, String> checks) {
        await("its wellness")
                .atMost(START)
                .untilAsserted(() -> assertEquals(checks, gateway.management().wellness()));
    }

    @Test
    @Execution(CONCURRENT)
    void isNotReadyWithoutItsDatabase() throws Exception {
        try (OwnPostgres own = OwnPostgres.start()) {
            GatewayProcess gateway =
                    start(GatewayProcess.onPostgres(own.address(), upstream)).ready();
            awaitReadiness(gateway, READY);

            own.close();

            assertEquals(
                    Map.of("Graceful Shutdown", "UP", "database", "DOWN", "warm-up", "UP", "http", "503"),
                    gateway.management().readiness());
            assertTrue(gateway.isAlive());
        }
    }
}
