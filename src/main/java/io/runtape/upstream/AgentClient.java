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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.eclipse.microprofile.rest.client.inject.RestClient;

/** Calls the agent API. Safe for any event loop; a response is confined to the loop of its call. */
@Singleton
public final class AgentClient {

    /** A socket takes a shorter body at once, so that no time of its own is needed for sending it. */
    private static final int SENT_AT_ONCE = 64 << 10;

    /** How long the connection of the warm-up may take. */
    private static final Duration HANDSHAKE = Duration.ofSeconds(2);

    private final AgentApi api;
    private final Upstreams upstreams;
    private final UpstreamConfig config;
    private final AgentConnections connections;
    private final ForwardingClient forwarding;
    private final VertxInternal vertx;
    private final CompletableFuture<Void> rehearsed = new CompletableFuture<>();

    AgentClient(
            @RestClient AgentApi api,
            Upstreams upstreams,
            UpstreamConfig config,
            AgentConnections connections,
            ForwardingClient forwarding,
            Vertx vertx) {
        this.connections = connections;
        this.forwarding = forwarding;
        this.vertx = (VertxInternal) vertx;
        this.api = api;
        this.upstreams = upstreams;
        this.config = config;
    }

    /** Loads the client's many classes now: the first call would do it on its event loop. */
    void load(@Observes StartupEvent event) {
        ClientProxy.unwrap(api);
        rehearse().onComplete(read -> rehearsed.complete(null));
    }

    /** Completes when everything that calls need is loaded, as far as possible without a call to the agent API. */
    public CompletionStage<Void> rehearsed() {
        return rehearsed;
    }

    /** Does nothing with a proxy, which might log the connection or charge for it. */
    private Future<?> rehearse() {
        if (config.proxy().isPresent()) {
            return Future.succeededFuture();
        }
        List<Future<?>> rehearsals = new ArrayList<>(List.of(callHere()));
        for (Upstream upstream : upstreams.all()) {
            if (upstream.address().isTls()) {
                rehearsals.add(forwarding.connect(upstream.address(), HANDSHAKE));
            }
        }
        return Future.join(rehearsals);
    }

    /** Calls an agent on this machine like any agent. */
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
     * @param to the agent API
     * @param target path and query as the caller sent them, without the agent API's prefix
     * @param headers the only end-to-end headers to send
     * @param body handed out once there is a connection
     * @param stream whether the call asks for a stream: otherwise the head may take as long as the whole run
     * @param loop the event loop of the call: subscribe on it, and the result comes on it
     * @return comes with the head, whatever its status; fails with {@link UpstreamException}. Cancelling closes the
     *     connection.
     */
    public Uni<AgentResponse> post(
            Upstream to,
            String target,
            List<Map.Entry<String, String>> headers,
            OutgoingBody body,
            boolean stream,
            EventLoop loop) {
        AgentCall call = AgentCall.of(to.address(), target, headers, body);
        return inTime(on(loop, Uni.createFrom().deferred(() -> api.post(call))), to, body, stream, loop)
                .map(response -> AgentResponse.of((AgentStream) response.getEntity()))
                .map(response ->
                        new AgentResponse(response.status(), to.withoutKey(response.headers()), response.body()))
                .invoke(response -> requireFinal(response, to.address()))
                .onFailure(e -> !(e instanceof UpstreamException))
                .transform(e -> connections.failed(e, call.gate().isSent(), to.address()));
    }

    /** The same call, failed if its head does not come in time. The time does not run while the call is being sent. */
    private static <T> Uni<T> inTime(Uni<T> call, Upstream to, OutgoingBody body, boolean stream, EventLoop loop) {
        return Uni.createFrom().emitter(emitter -> {
            HeadTimer timer = new HeadTimer(loop, () -> emitter.fail(new TimeoutException()));
            timer.begin(to.headTimeout(stream));
            if (body.length() > SENT_AT_ONCE) {
                body.watch(() -> timer.begin(to.sendTimeout()), () -> timer.begin(to.headTimeout(stream)));
            }
            Cancellable sent = call.subscribe().with(emitter::complete, emitter::fail);
            emitter.onTermination(() -> {
                timer.stop();
                sent.cancel();
            });
        });
    }

    /**
     * Makes the call in a context of that loop. Notifications of commits run on a loop without a context, and then the
     * HTTP client would take the context of any loop, and the response would come on two threads at once.
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

    /** An interim response, or a status that HTTP does not know, must not be passed on as the final response. */
    private void requireFinal(AgentResponse response, UpstreamAddress address) {
        if (connections.isOfProxy(response.status(), address)) {
            response.body().abort();
            throw new UpstreamException(UpstreamFailure.PROXY_LOGIN, false, new IOException("of the proxy"));
        }
        if (response.status() < 200 || response.status() > 599) {
            response.body().abort();
            throw new UpstreamException(UpstreamFailure.INVALID, true, new IOException("status " + response.status()));
        }
    }
}
