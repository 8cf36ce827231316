package io.runtape.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.RunTable;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.WireAnswer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What callers and the log are told of an agent API that gives no answer. */
class UpstreamFailureIT {

    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    Path directory;

    @Test
    void saysThatTheNameIsNotKnown() throws Exception {
        assertTold("http://agents.invalid", "its host name is not known");
    }

    @Test
    void saysThatTheConnectionIsRefused() throws Exception {
        int unused;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            unused = socket.getLocalPort();
        }
        assertTold("http://127.0.0.1:" + unused, "the connection is refused");
    }

    @Test
    void saysThatTheCertificateIsNotTrusted() throws Exception {
        try (ServerSocket server = selfSigned()) {
            Thread accepting = new Thread(() -> accept(server), "self-signed");
            accepting.setDaemon(true);
            accepting.start();
            assertTold("https://127.0.0.1:" + server.getLocalPort(), "its certificate is not trusted");
        }
    }

    private void assertTold(String url, String why) throws Exception {
        try (ScriptedUpstream unused = new ScriptedUpstream()) {
            Map<String, String> settings = GatewayProcess.onH2(directory.resolve("data"), unused);
            settings.put("RUNTAPE_UPSTREAM_URL", url);
            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                assertTold(gateway, "recorded", gateway.client().post("/v1/run", "{}", "X-Request-ID: recorded"), why);
                assertTold(gateway, "forwarded", gateway.client().get("/v1/models", "X-Request-ID: forwarded"), why);
            }
        }
    }

    private static void assertTold(GatewayProcess gateway, String requestId, WireAnswer answer, String why)
            throws Exception {
        String body = new String(answer.whole(), UTF_8);
        assertEquals(502, answer.status(), body);
        JsonObject error = new JsonObject(body).getJsonObject("error");
        assertEquals("upstream_unreachable", error.getString("code"));
        assertTrue(error.getString("message").contains(why), body);
        String line = RunTable.await(
                "the failure is logged",
                () -> gateway.output().stream()
                        .filter(logged -> logged.contains("Request " + requestId))
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
}
