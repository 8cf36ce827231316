package io.runtape.demo;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.HttpServer;
import io.quarkus.vertx.http.HttpServerStart;
import io.runtape.upstream.BundledAgent;
import io.runtape.upstream.NamedUpstreamsConfig;
import io.runtape.upstream.UpstreamConfig;
import io.runtape.upstream.UpstreamNamesConfig;
import io.runtape.upstream.Upstreams;
import io.vertx.core.Vertx;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The agent that answers if no upstream is configured. It listens on the loopback interface before the gateway takes
 * its first request, and does not exist if an upstream is set. Safe for any thread.
 */
@Singleton
final class DemoAgent implements BundledAgent {
    private static final Logger LOG = Logger.getLogger(DemoAgent.class);

    // Binding a free port takes milliseconds. An application that cannot bind one must not seem to have started.
    private static final Duration START_MAX = Duration.ofSeconds(10);

    private final Vertx vertx;
    private final boolean active;
    private @Nullable DemoServer server;
    private volatile int port = -1;

    @Inject
    DemoAgent(Vertx vertx, UpstreamConfig upstream, NamedUpstreamsConfig named, UpstreamNamesConfig apis) {
        this.vertx = vertx;
        this.active = Upstreams.isDemo(upstream, named, apis);
    }

    void start(@Observes @Priority(Interceptor.Priority.LIBRARY_BEFORE) StartupEvent event) {
        if (active) {
            DemoServer started = new DemoServer(vertx, Clock.systemUTC(), Pace.AS_WRITTEN);
            port = started.listen()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .orTimeout(START_MAX.toSeconds(), TimeUnit.SECONDS)
                    .join();
            server = started;
        }
    }

    void invite(@ObservesAsync HttpServerStart event, HttpServer gateway) {
        if (active) {
            LOG.info(invitation(gateway.getPort()));
        }
    }

    @PreDestroy
    void stop() {
        DemoServer started = server;
        if (started != null) {
            started.close();
        }
    }

    /** Where it listens. */
    @Override
    public String origin() {
        if (port < 0) {
            throw new IllegalStateException("The demo agent was not started");
        }
        return "http://127.0.0.1:" + port;
    }

    /** What to try first, for the log at the start. */
    static String invitation(int gatewayPort) {
        String gateway = "http://localhost:" + gatewayPort;
        return """
                RUNTAPE_UPSTREAM_URL is not set, so the built-in demo agent answers. Record a run and look at it:
                  curl -N %1$s/v1/run -H 'Content-Type: application/json' -d '{"agent":"demo","prompt":"Add a health check"}'
                  curl %1$s/history/v1/runs
                A prompt with the word error, long or burst gives another run.""".formatted(gateway);
    }
}
