package io.runtape.upstream;

import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.health.api.Wellness;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.ProxyOptions;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.jspecify.annotations.Nullable;

/**
 * Wellness of the agent API: whether its host accepts a connection, through the proxy if there is one. A proxy for
 * plain HTTP connects only for a call, so there the check connects only to the proxy. It makes no call. It is not part
 * of readiness: while the agent API is away, all gateways would leave the load balancer together, just when their
 * clients want to read the history and to resume.
 */
@Wellness
@Singleton
public final class UpstreamHealth implements AsyncHealthCheck {

    private static final int CONNECT_MILLIS = 2000;

    private final UpstreamAddress address;
    private final @Nullable ProxyOptions plainProxy;
    private final NetClient client;

    UpstreamHealth(UpstreamAddress address, AgentConnections connections, Vertx vertx) {
        NetClientOptions options = new NetClientOptions().setConnectTimeout(CONNECT_MILLIS);
        Optional<ProxyOptions> proxy = connections.proxy();
        if (address.isTls()) {
            proxy.map(ProxyOptions::new)
                    .map(p -> p.setConnectTimeout(Duration.ofMillis(CONNECT_MILLIS)))
                    .ifPresent(options::setProxyOptions);
        }
        this.client = vertx.createNetClient(options);
        this.address = address;
        this.plainProxy = address.isTls() ? null : proxy.orElse(null);
    }

    private Future<NetSocket> connect() {
        ProxyOptions proxy = plainProxy;
        return proxy == null
                ? client.connect(address.port(), address.host())
                : client.connect(proxy.getPort(), proxy.getHost());
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom()
                .completionStage(() -> connect()
                        .onSuccess(socket -> socket.close())
                        .map(true)
                        .otherwise(false)
                        .toCompletionStage())
                .map(reached ->
                        HealthCheckResponse.named("upstream").status(reached).build());
    }
}
