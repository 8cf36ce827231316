package io.runtape.upstream;

import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.health.api.Wellness;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheckResponse;

/**
 * Wellness of the agent API: whether its host takes a connection. Nothing is asked of it. It is no part of readiness: while the
 * agent API is away all gateways would leave the load balancer together, just when their clients want the history, and to
 * resume.
 */
@Wellness
@Singleton
public final class UpstreamHealth implements AsyncHealthCheck {

    private static final int CONNECT_MILLIS = 2000;

    private final UpstreamAddress address;
    private final NetClient client;

    UpstreamHealth(UpstreamAddress address, Vertx vertx) {
        this.address = address;
        this.client = vertx.createNetClient(new NetClientOptions().setConnectTimeout(CONNECT_MILLIS));
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom()
                .completionStage(() -> client.connect(address.port(), address.host())
                        .onSuccess(socket -> socket.close())
                        .map(true)
                        .otherwise(false)
                        .toCompletionStage())
                .map(reached ->
                        HealthCheckResponse.named("upstream").status(reached).build());
    }
}
