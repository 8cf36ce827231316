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
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/**
 * Wellness of the agent APIs: whether their hosts accept a connection, through the proxy if there is one. A proxy for
 * plain HTTP connects only for a call, so there the check connects only to the proxy. It makes no call. It is not part
 * of readiness: while an agent API is away, all gateways would leave the load balancer together, just when their
 * clients want to read the history and to resume.
 */
@Wellness
@Singleton
public final class UpstreamHealth implements AsyncHealthCheck {

    private static final int CONNECT_MILLIS = 2000;

    private final Upstreams upstreams;
    private final AgentConnections connections;
    private final Vertx vertx;
    private final NetClient direct;

    UpstreamHealth(Upstreams upstreams, AgentConnections connections, Vertx vertx) {
        this.upstreams = upstreams;
        this.connections = connections;
        this.vertx = vertx;
        this.direct = vertx.createNetClient(new NetClientOptions().setConnectTimeout(CONNECT_MILLIS));
    }

    private Future<Boolean> reached(UpstreamAddress address) {
        return connect(address).map(true).otherwise(false);
    }

    private Future<Void> connect(UpstreamAddress address) {
        Optional<ProxyOptions> proxy = connections.proxy(address);
        if (proxy.isEmpty()) {
            return closed(direct.connect(address.port(), address.host()));
        }
        if (!address.isTls()) {
            return closed(direct.connect(proxy.get().getPort(), proxy.get().getHost()));
        }
        NetClient through = vertx.createNetClient(new NetClientOptions()
                .setConnectTimeout(CONNECT_MILLIS)
                .setProxyOptions(new ProxyOptions(proxy.get()).setConnectTimeout(Duration.ofMillis(CONNECT_MILLIS))));
        return closed(through.connect(address.port(), address.host())).eventually(() -> through.close());
    }

    private static Future<Void> closed(Future<NetSocket> socket) {
        return socket.onSuccess(NetSocket::close).mapEmpty();
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        Map<String, Future<Boolean>> reached = new TreeMap<>();
        upstreams.all().forEach(upstream -> reached.put(upstream.name(), reached(upstream.address())));
        return Uni.createFrom()
                .completionStage(
                        () -> Future.join(new ArrayList<>(reached.values())).toCompletionStage())
                .map(all -> response(reached));
    }

    private static HealthCheckResponse response(Map<String, Future<Boolean>> reached) {
        HealthCheckResponseBuilder check = HealthCheckResponse.named("upstream")
                .status(reached.values().stream().allMatch(Future::result));
        if (reached.size() > 1) {
            reached.forEach((name, one) -> check.withData(name, one.result() ? "UP" : "DOWN"));
        }
        return check.build();
    }
}
