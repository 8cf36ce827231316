package io.runtape.upstream;

import io.netty.channel.EventLoop;
import io.quarkus.arc.ClientProxy;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.impl.VertxInternal;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.rest.client.inject.RestClient;

/** Calls the agent API. Safe for any event loop; a response is confined to the loop of its call. */
@Singleton
public final class AgentClient {

    private static final Duration STREAM_HEAD = Duration.ofSeconds(60);
    private static final Duration WHOLE_ANSWER = Duration.ofMinutes(30);

    /** How long a connection may take that is made before there is a call. */
    private static final Duration HANDSHAKE = Duration.ofSeconds(2);

    private final AgentApi api;
    private final UpstreamAddress address;
    private final UpstreamConfig config;
    private final AgentConnections connections;
    private final ForwardingClient forwarding;
    private final VertxInternal vertx;
    private final CompletableFuture<Void> rehearsed = new CompletableFuture<>();

    AgentClient(
            @RestClient AgentApi api,
            UpstreamAddress address,
            UpstreamConfig config,
            AgentConnections connections,
            ForwardingClient forwarding,
            Vertx vertx) {
        this.connections = connections;
        this.forwarding = forwarding;
        this.vertx = (VertxInternal) vertx;
        this.api = api;
        this.address = address;
        this.config = config;
    }

    /** Loads the client's many classes now: the first call would do it on its event loop. */
    void load(@Observes StartupEvent event) {
        ClientProxy.unwrap(api);
        rehearse().onComplete(read -> rehearsed.complete(null));
    }

    /** Completes when what calls need is loaded, as far as it could be without asking the agent API for anything. */
    public CompletionStage<Void> rehearsed() {
        return rehearsed;
    }

    /** Nothing with a proxy, which might tell of it, or charge for it. */
    private Future<?> rehearse() {
        if (config.proxy().isPresent()) {
            return Future.succeededFuture();
        }
        Future<Void> handshake = address.isTls() ? forwarding.connect(HANDSHAKE) : Future.succeededFuture();
        return Future.join(callHere(), handshake);
    }

    /** Calls an agent on this machine as all agents are called. */
    private Future<Void> callHere() {
        RehearsalAgent there = new RehearsalAgent(vertx);
        EventLoop loop = vertx.getOrCreateContext().nettyEventLoop();
        Promise<Void> read = Promise.promise();
        there.listen()
                .onFailure(read::fail)
                .onSuccess(origin -> loop.execute(() -> on(loop, api.post(there.call(origin)))
                        .map(response -> AgentResponse.of((AgentStream) response.getEntity()))
                        .onItem()
                        .transformToMulti(response -> response.body().bytes())
                        .collect()
                        .last()
                        .subscribe()
                        .with(last -> read.complete(), read::fail)));
        return read.future().eventually(there::close);
    }

    /**
     * Posts a body.
     *
     * @param target path and query as the caller sent them
     * @param headers the end-to-end headers to send, and no others
     * @param body handed out when the connection is there
     * @param stream whether a stream is asked for: else the head may take as long as the whole run
     * @param loop the event loop of the call, which is the thread that this is subscribed on; the result comes on it
     * @return comes with the head, whatever its status; fails with {@link UpstreamException}. Cancelling closes the
     *     connection.
     */
    public Uni<AgentResponse> post(
            String target, List<Map.Entry<String, String>> headers, OutgoingBody body, boolean stream, EventLoop loop) {
        AgentCall call = AgentCall.of(address, target, headers, body);
        return on(loop, api.post(call))
                .ifNoItem()
                .after(headTimeout(stream))
                .on(loop)
                .fail()
                .map(response -> AgentResponse.of((AgentStream) response.getEntity()))
                .invoke(this::requireFinal)
                .onFailure(e -> !(e instanceof UpstreamException))
                .transform(e -> connections.failed(e, call.gate().isSent()));
    }

    /**
     * Makes the call in a context of that loop: without one the HTTP client takes that of any loop, and the response would come on
     * two threads at once. What a commit tells comes to a loop without a context.
     */
    private <T> Uni<T> on(EventLoop loop, Uni<T> call) {
        return Uni.createFrom()
                .emitter(emitter -> vertx.createEventLoopContext(
                                loop, null, Thread.currentThread().getContextClassLoader())
                        .dispatch(() -> {
                            Cancellable sent = call.subscribe().with(emitter::complete, emitter::fail);
                            emitter.onTermination(sent::cancel);
                        }));
    }

    private Duration headTimeout(boolean stream) {
        return config.timeout().orElse(stream ? STREAM_HEAD : WHOLE_ANSWER);
    }

    /** An interim answer, or none that HTTP knows, is not to be passed on as one that ends the call. */
    private void requireFinal(AgentResponse response) {
        if (connections.isOfProxy(response.status())) {
            response.body().abort();
            throw new UpstreamException(UpstreamFailure.PROXY_LOGIN, false, new IOException("of the proxy"));
        }
        if (response.status() < 200 || response.status() > 599) {
            response.body().abort();
            throw new UpstreamException(UpstreamFailure.INVALID, true, new IOException("status " + response.status()));
        }
    }
}
