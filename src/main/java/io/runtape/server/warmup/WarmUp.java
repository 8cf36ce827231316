package io.runtape.server.warmup;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.HttpServer;
import io.quarkus.vertx.http.HttpServerStart;
import io.quarkus.vertx.http.runtime.VertxHttpConfig.InsecureRequests;
import io.runtape.journal.Journal;
import io.runtape.upstream.AgentClient;
import io.runtape.upstream.Upstreams;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;

/**
 * Loads and runs once what a call needs: the client of the agent API, the statements of the journal, the server's own
 * path to a response. On a JVM that takes a fifth of a second, which the first caller would otherwise wait. The gateway
 * is ready when the warm-up is done or has failed; after a failure the first call does the work. Safe for any thread.
 */
@Readiness
@Singleton
final class WarmUp implements AsyncHealthCheck {

    private static final Logger LOG = Logger.getLogger(WarmUp.class);

    /** Past it the gateway is ready without the warm-up. */
    private static final Duration LASTS_AT_MOST = Duration.ofSeconds(5);

    /** A credential without a caller and without a history. */
    private static final String NOBODY = "Bearer warm-up";

    private static final String ANY_ADDRESS = "0.0.0.0";
    private static final String LOOPBACK = "127.0.0.1";

    private final AgentClient agent;
    private final Upstreams upstreams;
    private final Journal journal;
    private final Vertx vertx;
    private final String host;
    /** The server's part, which can begin only when the server listens. */
    private final CompletableFuture<Void> served = new CompletableFuture<>();

    private final CompletableFuture<Void> done = new CompletableFuture<>();

    WarmUp(
            AgentClient agent,
            Upstreams upstreams,
            Journal journal,
            Vertx vertx,
            @ConfigProperty(name = "quarkus.http.host") String host,
            @ConfigProperty(name = "quarkus.http.host-enabled", defaultValue = "true") boolean onHost,
            @ConfigProperty(name = "quarkus.http.insecure-requests", defaultValue = "enabled") InsecureRequests plain) {
        this.agent = agent;
        this.upstreams = upstreams;
        this.journal = journal;
        this.vertx = vertx;
        this.host = host.equals(ANY_ADDRESS) ? LOOPBACK : host;
        if (!onHost || plain == InsecureRequests.DISABLED) {
            // The server listens only on TLS or on a socket file, where no single way to call itself works everywhere.
            served.complete(null);
        }
    }

    void begin(@Observes StartupEvent event) {
        CompletableFuture.allOf(
                        agent.rehearsed().toCompletableFuture(),
                        journal.rehearsed().toCompletableFuture(),
                        served)
                .orTimeout(LASTS_AT_MOST.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((all, e) -> {
                    if (e != null) {
                        LOG.debugf(e, "the warm-up failed, so the first call has something left to load");
                    }
                    done.complete(null);
                });
    }

    void serve(@ObservesAsync HttpServerStart event, HttpServer gateway) {
        List<Future<?>> calls =
                new ArrayList<>(List.of(call(gateway.getPort(), HttpMethod.GET, "/history/v1/runs?limit=1")));
        // A recorded call without a body is refused before the agent API hears of it.
        recordedPath().ifPresent(path -> calls.add(call(gateway.getPort(), HttpMethod.POST, path)));
        Future.join(calls).onComplete(answered -> served.complete(null));
    }

    private Optional<String> recordedPath() {
        return upstreams.all().stream()
                .flatMap(upstream -> upstream.recordPaths().stream().map(path -> upstream.prefix() + path.strip()))
                .filter(path -> path.indexOf('{') < 0)
                .findFirst();
    }

    /** Completes with any response. */
    private Future<Void> call(int port, HttpMethod method, String target) {
        HttpClient client = vertx.createHttpClient();
        return client.request(method, port, host, target)
                .compose(request ->
                        request.putHeader(HttpHeaders.AUTHORIZATION, NOBODY).send())
                .compose(HttpClientResponse::body)
                .onComplete(response -> client.close())
                .mapEmpty();
    }

    /** Answers only after the warm-up: an early probe waits a moment instead of reporting that the gateway is down. */
    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom().completionStage(done).map(nothing -> HealthCheckResponse.up("warm-up"));
    }
}
