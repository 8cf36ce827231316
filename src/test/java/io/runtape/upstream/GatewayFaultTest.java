package io.runtape.upstream;

import static io.runtape.upstream.Loops.nothingYet;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.arc.ClientProxy;
import io.quarkus.rest.client.reactive.runtime.RestClientReactiveCDIWrapperBase;
import io.quarkus.test.junit.QuarkusMock;
import io.runtape.history.RecordedHistory;
import io.runtape.testsupport.Json;
import io.runtape.testsupport.LogListener;
import io.runtape.testsupport.Script;
import io.runtape.testsupport.ScriptedUpstream.Scripted;
import io.runtape.testsupport.WireResponse;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.eclipse.microprofile.rest.client.inject.RestClient;
import org.jboss.resteasy.reactive.RestResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls at which the gateway itself fails, by a bug that nobody knows of. The agent API must not be blamed for it. */
abstract class GatewayFaultTest extends RecordedHistory {

    private static final RuntimeException BUG = new NoSuchElementException("handler");

    @Inject
    @RestClient
    AgentApi api;

    @Inject
    Vertx vertx;

    private final List<LogRecord> errors = new CopyOnWriteArrayList<>();
    private final Logger log = Logger.getLogger("io.runtape.relay");
    private final Handler errorsOfLog = new LogListener(told -> {
        if (told.getLevel().intValue() >= Level.SEVERE.intValue()) {
            errors.add(told);
        }
    });

    @BeforeEach
    void listen() {
        log.addHandler(errorsOfLog);
    }

    @AfterEach
    void leave() {
        log.removeHandler(errorsOfLog);
    }

    @Test
    void ownsUpToItWhereNothingWasSent() throws Exception {
        AgentApi real = real();
        AtomicInteger calls = new AtomicInteger();
        QuarkusMock.installMockForInstance(
                call -> calls.getAndIncrement() == 0 ? Uni.createFrom().failure(BUG) : real.post(call), api);
        Scripted script = upstream.on(Script.stream("data: answered\n\n"));

        WireResponse failed = post(script);
        String message = faultIn(failed);

        assertTrue(message.contains("before anything was sent"), message);
        assertFalse(failed.head().has("x-should-retry"));
        assertTrue(script.isUncalled());
        assertFailed(failed.header("Runtape-Run-Id"));
        // The key is free again.
        assertEquals("data: answered\n\n", new String(post(script).readAll(), UTF_8));
    }

    @Test
    void ownsUpToItWhereTheClientThrowsAtOnce() throws Exception {
        QuarkusMock.installMockForInstance(
                call -> {
                    throw BUG;
                },
                api);

        WireResponse failed = post(upstream.on(Script.silence()));

        faultIn(failed);
        assertFailed(failed.header("Runtape-Run-Id"));
    }

    @Test
    void ownsUpToItWhereTheCallWasSent() throws Exception {
        AgentApi real = real();
        QuarkusMock.installMockForInstance(
                call -> real.post(call).map(response -> {
                    ((AgentStream) response.getEntity()).abort();
                    throw BUG;
                }),
                api);
        Scripted script = upstream.on(Script.stream("data: lost\n\n"));

        WireResponse failed = post(script);
        String message = faultIn(failed);

        assertTrue(message.contains("may have done its work"), message);
        assertEquals("false", failed.header("x-should-retry"));
        assertFailed(failed.header("Runtape-Run-Id"));
        WireResponse repeated = post(script);
        faultIn(repeated);
        assertEquals(failed.header("Runtape-Run-Id"), repeated.header("Runtape-Run-Id"));
    }

    @Test
    void ownsUpToItInTheMiddleOfAStream() throws Exception {
        Scripted script = upstream.on(Script.unended("data: 1\n\n"));
        HttpClient client = vertx.createHttpClient();
        CompletableFuture<HttpClientResponse> response = new CompletableFuture<>();
        QuarkusMock.installMockForInstance(
                call -> Uni.createFrom()
                        .completionStage(() -> client.request(
                                        HttpMethod.POST, call.origin().getPort(), "127.0.0.1", call.target())
                                .compose(out -> {
                                    call.headers().forEach(h -> out.putHeader(h.getKey(), h.getValue()));
                                    return out.send("{}");
                                })
                                .map(came -> {
                                    response.complete(came);
                                    return RestResponse.ok(
                                            (InputStream) AgentStream.takeOver(came, nothingYet(), call.gate()));
                                })
                                .toCompletionStage()),
                api);

        WireResponse cut = post(script);
        cut.readUpTo("data: 1\n\n".length());
        ClientPipeline.channelOf(response.get().request().connection())
                .pipeline()
                .fireExceptionCaught(BUG);

        assertEquals("data: 1\n\n", new String(cut.readAll(), UTF_8));
        assertEquals(WireResponse.End.CUT, cut.end());
        assertFailed(cut.header("Runtape-Run-Id"));
        client.close();
    }

    /** The client that takes no part in the faults: the bean gives way to whatever is installed instead. */
    private AgentApi real() {
        return (AgentApi) ((RestClientReactiveCDIWrapperBase<?>) ClientProxy.unwrap(api)).getDelegate();
    }

    private WireResponse post(Scripted script) throws IOException {
        return client().post("/v1/run", "{}", script.header(), "X-API-Key: " + key, "Idempotency-Key: " + thread);
    }

    /** What is said of it to the client. */
    private static String faultIn(WireResponse response) throws IOException {
        response.whole();
        assertEquals(500, response.status(), response.text());
        Json error = Json.of(response.text());
        assertEquals("internal_error", error.getString("error.code"));
        return error.getString("error.message");
    }

    /** The run tells of it, and so does the log, with the trace. */
    private void assertFailed(String run) {
        assertEquals("failed/gateway_lost", table().ended(run).outcome());
        assertTrue(errors.stream().anyMatch(told -> told.getThrown() != null && causes(told.getThrown())));
    }

    private static boolean causes(Throwable thrown) {
        return thrown == BUG || thrown.getCause() == BUG;
    }
}
