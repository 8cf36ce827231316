package io.runtape.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import io.runtape.testsupport.EgressProxy;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PrivateCa;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireResponse;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What callers and the log are told of an agent API that gives no response. */
class UpstreamFailureIT {

    /** They do not live for long: compiling less is starting sooner. */
    private static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1";

    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    Path directory;

    private static final String DEFAULT = "default";

    /** An agent API of a gateway that may have several; the default one is served at the root, the others below their names. */
    private record Failing(String name, String url, String why) {

        String setting() {
            return name.equals(DEFAULT)
                    ? "RUNTAPE_UPSTREAM_URL"
                    : "RUNTAPE_UPSTREAMS_" + name.toUpperCase(Locale.ROOT) + "_URL";
        }

        String path() {
            return name.equals(DEFAULT) ? "" : "/" + name;
        }
    }

    @Test
    void saysWhyItHasNoConnection() throws Exception {
        // A port that is taken and where nobody listens.
        try (ServerSocket selfSigned = selfSigned();
                Socket taken = new Socket()) {
            Thread accepting = new Thread(() -> accept(selfSigned), "self-signed");
            accepting.setDaemon(true);
            accepting.start();
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            assertTold(List.of(
                    new Failing(DEFAULT, "http://agents.invalid", "its host name is not known"),
                    new Failing("refusing", "http://127.0.0.1:" + taken.getLocalPort(), "the connection is refused"),
                    new Failing(
                            "untrusted",
                            "https://127.0.0.1:" + selfSigned.getLocalPort(),
                            "its certificate is not trusted")));
        }
    }

    @Test
    void saysWhichCertificateIsNotAccepted() throws Exception {
        PrivateCa ca = new PrivateCa(directory, "ca");
        try (ScriptedUpstream mutual = ScriptedUpstream.overMutualTls(ca.server(ca.issue("agents")));
                ScriptedUpstream elsewhere =
                        ScriptedUpstream.overTls(ca.server(ca.issue("others", "DNS:agents.example")))) {
            assertTold(
                    List.of(
                            new Failing(
                                    DEFAULT,
                                    mutual.url(),
                                    "it does not accept the gateway's client certificate, or misses one"),
                            new Failing("elsewhere", elsewhere.url(), "its certificate is not trusted")),
                    "RUNTAPE_UPSTREAM_CA_FILE",
                    ca.file().toString());
        }
    }

    @Test
    void saysThatTheProxyWantsAnotherLogin() throws Exception {
        String why = "the proxy does not accept the login";
        try (EgressProxy proxy = EgressProxy.withLogin("runtape", "hunter3")) {
            assertTold(
                    List.of(
                            new Failing(DEFAULT, "https://127.0.0.1:1", why),
                            new Failing("plain", "http://127.0.0.1:1", why)),
                    "RUNTAPE_UPSTREAM_PROXY",
                    "http://runtape:hunter2@127.0.0.1:" + proxy.port());
            Map<Boolean, Long> refused = proxy.refused().stream()
                    .collect(Collectors.partitioningBy(line -> line.startsWith("CONNECT"), Collectors.counting()));
            assertTrue(refused.get(true) >= 2 && refused.get(false) >= 2, refused::toString);
            assertTrue(proxy.passed().isEmpty());
        }
    }

    @Test
    @Execution(CONCURRENT)
    void saysThatTheProxyDoesNotConnect() throws Exception {
        try (EgressProxy proxy = EgressProxy.open()) {
            assertTold(
                    "https://127.0.0.1:1",
                    "the proxy did not connect to it",
                    "RUNTAPE_UPSTREAM_PROXY",
                    "http://127.0.0.1:" + proxy.port());
        }
    }

    @ParameterizedTest
    @Execution(CONCURRENT)
    @ValueSource(strings = {"http://127.0.0.1:1", "http://proxy.invalid:3128"})
    void saysThatTheProxyIsAway(String proxy) throws Exception {
        assertTold("https://agents.invalid", "the proxy cannot be reached", "RUNTAPE_UPSTREAM_PROXY", proxy);
    }

    @ParameterizedTest
    @Execution(CONCURRENT)
    @ValueSource(booleans = {false, true})
    void givesUpAConnectionThatIsNotMade(boolean byProxy) throws Exception {
        try (SilentServer silent = new SilentServer()) {
            String there = "http://127.0.0.1:" + silent.port();
            Map<String, String> settings =
                    settings(byProxy ? "https://127.0.0.1:1" : there, "RUNTAPE_UPSTREAM_CONNECT_TIMEOUT", "1s");
            if (byProxy) {
                settings.put("RUNTAPE_UPSTREAM_PROXY", there);
            } else {
                silent.fill();
            }
            try (GatewayProcess gateway =
                    GatewayProcess.start(settings, SHORT_LIVED).ready()) {
                for (String target : List.of("/v1/run", "/v1/models")) {
                    long began = System.nanoTime();
                    WireResponse response = gateway.client().post(target, "{}");
                    String body = new String(response.whole(), UTF_8);
                    Duration taken = Duration.ofNanos(System.nanoTime() - began);
                    assertEquals(502, response.status(), body);
                    assertTrue(body.contains("the connection was not accepted in time"), body);
                    assertTrue(taken.toMillis() >= 1000 && taken.toMillis() < 10_000, target + " took " + taken);
                }
            }
        }
    }

    /** The files are read again, so that a certificate that is renewed needs no new start. */
    @Test
    @Execution(CONCURRENT)
    void trustsAnAuthorityOnceItsFileIsReplaced() throws Exception {
        PrivateCa earlier = new PrivateCa(directory, "earlier");
        PrivateCa later = new PrivateCa(directory, "later");
        Path file = Files.copy(earlier.file(), directory.resolve("trusted.pem"));
        try (ScriptedUpstream upstream = ScriptedUpstream.overTls(later.server(later.issue("agents")))) {
            Map<String, String> settings = settings(
                    upstream.url(),
                    "RUNTAPE_UPSTREAM_CA_FILE",
                    file.toString(),
                    "QUARKUS_TLS_UPSTREAM_RELOAD_PERIOD",
                    "200ms");
            try (GatewayProcess gateway =
                    GatewayProcess.start(settings, SHORT_LIVED).ready()) {
                String header = upstream.on(Script.json(200, "{}")).header();
                assertEquals(502, gateway.client().post("/v1/run", "{}", header).status());
                assertEquals(502, gateway.client().get("/v1/models", header).status());

                Files.move(later.file(), file, StandardCopyOption.REPLACE_EXISTING);

                for (String target : List.of("/v1/run", "/v1/models")) {
                    RunTable.await(target + " gets through", () -> {
                        try (WireResponse response = gateway.client().post(target, "{}", header)) {
                            return response.status() == 200 ? true : null;
                        }
                    });
                }
                RunTable.await("it says so", () -> replacements(gateway) > 0 ? true : null);
                assertEquals(1, replacements(gateway), () -> String.join("\n", gateway.output()));
            }
        }
    }

    private static long replacements(GatewayProcess gateway) {
        return gateway.output().stream()
                .filter(line -> line.contains("ertificate") && line.contains(" INFO "))
                .count();
    }

    @Test
    @Execution(CONCURRENT)
    void isWellWhereTheProxyConnects() throws Exception {
        PrivateCa ca = new PrivateCa(directory, "ca");
        try (ScriptedUpstream upstream = ScriptedUpstream.overTls(ca.server(ca.issue("agents")));
                EgressProxy proxy = EgressProxy.open();
                GatewayProcess gateway = GatewayProcess.start(
                                settings(upstream.url(), "RUNTAPE_UPSTREAM_PROXY", "http://127.0.0.1:" + proxy.port()),
                                SHORT_LIVED)
                        .ready()) {
            Map<String, String> well = Map.of("http", "200", "upstream", "UP");
            RunTable.await("it is well", () -> well.equals(gateway.management().wellness()) ? true : null);
            assertEquals(Set.of("CONNECT 127.0.0.1:" + upstream.port()), Set.copyOf(proxy.passed()));

            upstream.refuse();

            assertEquals(
                    Map.of("http", "503", "upstream", "DOWN"),
                    gateway.management().wellness());
        }
    }

    /** What is set of the way to an agent API is not that to the demo agent. */
    @Test
    @Execution(CONCURRENT)
    void leavesTheDemoAgentAlone() throws Exception {
        PrivateCa ca = new PrivateCa(directory, "ca");
        Map<String, String> settings = settings(
                "",
                "RUNTAPE_UPSTREAM_PROXY",
                "http://127.0.0.1:1",
                "RUNTAPE_UPSTREAM_CA_FILE",
                ca.file().toString());
        try (GatewayProcess gateway =
                GatewayProcess.start(settings, SHORT_LIVED).ready()) {
            WireResponse response =
                    gateway.client().post("/v1/run", "{\"agent\":\"demo\",\"prompt\":\"Add a health check\"}");
            assertEquals(200, response.status());
        }
    }

    private Map<String, String> settings(String url, String... further) {
        Map<String, String> settings = new HashMap<>();
        settings.put("RUNTAPE_DATA_DIR", directory.resolve("data").toString());
        settings.put("RUNTAPE_UPSTREAM_URL", url);
        for (int i = 0; i < further.length; i += 2) {
            settings.put(further[i], further[i + 1]);
        }
        return settings;
    }

    private void assertTold(String url, String why, String... further) throws Exception {
        assertTold(List.of(new Failing(DEFAULT, url, why)), further);
    }

    private void assertTold(List<Failing> all, String... further) throws Exception {
        Map<String, String> settings = settings("", further);
        all.forEach(each -> settings.put(each.setting(), each.url()));
        try (GatewayProcess gateway =
                GatewayProcess.start(settings, SHORT_LIVED).ready()) {
            for (Failing each : all) {
                String recorded = each.name() + "-recorded";
                assertTold(
                        gateway,
                        recorded,
                        gateway.client().post(each.path() + "/v1/run", "{}", "X-Request-ID: " + recorded),
                        each.why());
                String forwarded = each.name() + "-forwarded";
                assertTold(
                        gateway,
                        forwarded,
                        gateway.client().get(each.path() + "/v1/models", "X-Request-ID: " + forwarded),
                        each.why());
            }
            assertFalse(gateway.output().stream().anyMatch(line -> line.contains("hunter2")));
        }
    }

    private static void assertTold(GatewayProcess gateway, String requestId, WireResponse response, String why)
            throws Exception {
        String body = new String(response.whole(), UTF_8);
        assertEquals(502, response.status(), body);
        JsonObject error = new JsonObject(body).getJsonObject("error");
        assertEquals("upstream_unreachable", error.getString("code"));
        assertTrue(error.getString("message").contains(why), body);
        String line = RunTable.await(
                "the failure is logged",
                () -> gateway.output().stream()
                        .filter(logged -> logged.contains("request " + requestId))
                        .findFirst()
                        .orElse(null));
        assertTrue(line.contains(" WARN ") && line.contains(why), line);
        assertFalse(line.contains("Exception"), line);
    }

    private ServerSocket selfSigned() throws Exception {
        Path store = directory.resolve("self-signed.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "self",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=127.0.0.1",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), UTF_8);
        assertEquals(0, keytool.waitFor(), said);
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(managers.getKeyManagers(), null, null);
        return tls.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    private static void accept(ServerSocket server) {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                socket.getInputStream().read();
            } catch (IOException refusedOrClosed) {
                // As it should be.
            }
        }
    }

    /** A port at which nobody says anything, and where nobody comes in either once it is full. */
    private static final class SilentServer implements AutoCloseable {

        private static final int CONNECT_MILLIS = 300;

        private final ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        private final List<Socket> waiting = new ArrayList<>();

        SilentServer() throws IOException {}

        int port() {
            return listening.getLocalPort();
        }

        void fill() throws IOException {
            try {
                while (true) {
                    Socket socket = new Socket();
                    waiting.add(socket);
                    socket.connect(listening.getLocalSocketAddress(), CONNECT_MILLIS);
                }
            } catch (SocketTimeoutException full) {
                // As it should be.
            }
        }

        @Override
        public void close() throws IOException {
            listening.close();
            for (Socket socket : waiting) {
                socket.close();
            }
        }
    }
}
