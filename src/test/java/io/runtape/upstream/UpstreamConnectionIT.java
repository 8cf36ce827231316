package io.runtape.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.runtape.testsupport.EgressProxy;
import io.runtape.testsupport.GatewayProcess;
import io.runtape.testsupport.PrivateCa;
import io.runtape.testsupport.ReceivedCall;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.smallrye.certs.PemCertificateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the agent API is reached is set once, and recorded calls and forwarded ones go the same way. */
class UpstreamConnectionIT {

    private static final String STREAM = "data: one\n\nid: 2\ndata: two\n\n";

    @TempDir
    static Path directory;

    /** The settings of a gateway in front of it, on a database of its own. */
    private static Map<String, String> settings(ScriptedUpstream upstream) throws IOException {
        return GatewayProcess.onH2(Files.createTempDirectory(directory, "data"), upstream);
    }

    @Test
    void trustsAPrivateAuthority() throws Exception {
        PrivateCa ca = new PrivateCa(directory, "trusted");
        try (ScriptedUpstream upstream = ScriptedUpstream.overTls(ca.server(ca.issue("agents")))) {
            Map<String, String> settings = settings(upstream);
            settings.put("RUNTAPE_UPSTREAM_CA_FILE", ca.file().toString());

            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                assertCalls(gateway, upstream);
            }
        }
    }

    @Test
    void showsItsCertificateThroughAProxyThatWantsALogin() throws Exception {
        PrivateCa ca = new PrivateCa(directory, "mutual");
        PemCertificateFiles own = ca.issue("gateway");
        try (ScriptedUpstream upstream = ScriptedUpstream.overMutualTls(ca.server(ca.issue("agents")));
                EgressProxy proxy = EgressProxy.withLogin("run tape", "hunter2:${x}@/")) {
            Map<String, String> settings = settings(upstream);
            settings.put("RUNTAPE_UPSTREAM_CA_FILE", ca.file().toString());
            settings.put(
                    "RUNTAPE_UPSTREAM_CLIENT_CERTIFICATE_FILE", own.certFile().toString());
            settings.put("RUNTAPE_UPSTREAM_CLIENT_KEY_FILE", own.keyFile().toString());
            settings.put(
                    "RUNTAPE_UPSTREAM_PROXY", "http://run%20tape:hunter2%3A%24%7Bx%7D%40%2F@127.0.0.1:" + proxy.port());

            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                assertCalls(gateway, upstream);

                assertEquals(List.of("CN=gateway", "CN=gateway"), upstream.clients());
                String tunnel = "CONNECT 127.0.0.1:" + upstream.port();
                assertEquals(List.of(tunnel, tunnel), proxy.passed());
                assertFalse(gateway.output().stream().anyMatch(line -> line.contains("hunter2")));
            }
            assertEquals(
                    List.of(),
                    proxy.refused().stream()
                            .filter(line -> !line.startsWith("CONNECT"))
                            .toList());
        }
    }

    @Test
    void makesPlainCallsThroughAProxy() throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream();
                EgressProxy proxy = EgressProxy.withLogin("runtape", "hunter2")) {
            Map<String, String> settings = settings(upstream);
            settings.put("RUNTAPE_UPSTREAM_PROXY", "http://runtape:hunter2@127.0.0.1:" + proxy.port());

            try (GatewayProcess gateway = GatewayProcess.start(settings).ready()) {
                assertCalls(gateway, upstream);

                assertEquals(
                        List.of(
                                "POST " + upstream.url() + "/v1/run?q=%zz|",
                                "GET " + upstream.url() + "/v1/models?q=%zz|"),
                        proxy.passed());
            }
        }
    }

    /** One recorded call and one that is forwarded: both get there as they are, and their responses come back so. */
    private static void assertCalls(GatewayProcess gateway, ScriptedUpstream upstream) throws Exception {
        Scripted recorded = upstream.on(Script.stream("data: one\n\nid: 2", "\ndata: two\n\n"));
        WireResponse stream = gateway.client().post("/v1/run?q=%zz|", "{\"prompt\": 1 }", recorded.header());
        assertEquals(200, stream.status(), () -> body(stream));
        assertEquals(STREAM, body(stream));
        assertArrived(recorded.call(), "POST", "/v1/run?q=%zz|", "{\"prompt\": 1 }");

        Scripted forwarded = upstream.on(Script.json(200, "[ 1]"));
        WireResponse models = gateway.client().get("/v1/models?q=%zz|", forwarded.header());
        assertEquals(200, models.status(), () -> body(models));
        assertEquals("[ 1]", body(models));
        assertArrived(forwarded.call(), "GET", "/v1/models?q=%zz|", "");
    }

    private static void assertArrived(ReceivedCall call, String method, String target, String body) {
        assertEquals(method, call.method());
        assertEquals(target, call.target());
        assertEquals(body, new String(call.body(), UTF_8));
        assertFalse(call.head().has("Proxy-Authorization"));
    }

    private static String body(WireResponse response) {
        try {
            return new String(response.whole(), UTF_8);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
