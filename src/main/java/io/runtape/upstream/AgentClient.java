package io.runtape.upstream;

import io.netty.channel.EventLoop;
import io.quarkus.arc.ClientProxy;
import io.quarkus.runtime.StartupEvent;
import io.runtape.upstream.UpstreamException.Kind;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.impl.VertxInternal;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.SocketException;
import java.net.URISyntaxException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLException;
import org.eclipse.microprofile.rest.client.inject.RestClient;
import org.jspecify.annotations.Nullable;

/** Calls the agent API. Safe for any event loop; an answer is confined to the loop of its call. */
@Singleton
public final class AgentClient {

    private static final Duration STREAM_HEAD = Duration.ofSeconds(60);
    private static final Duration WHOLE_ANSWER = Duration.ofMinutes(30);

    private static final String CLOSED_MESSAGE =
            String.valueOf(new HttpClosedException("Connection was closed").getMessage());

    private final AgentApi api;
    private final UpstreamAddress address;
    private final UpstreamConfig config;
    private final VertxInternal vertx;

    AgentClient(@RestClient AgentApi api, UpstreamAddress address, UpstreamConfig config, Vertx vertx) {
        this.vertx = (VertxInternal) vertx;
        this.api = api;
        this.address = address;
        this.config = config;
    }

    /** Loads the client's many classes now: the first call would do it on its event loop. */
    void load(@Observes StartupEvent event) {
        ClientProxy.unwrap(api);
    }

    /**
     * Posts a body.
     *
     * @param target path and query as the caller sent them
     * @param headers the end-to-end headers to send, and no others
     * @param stream whether a stream is asked for: else the head may take as long as the whole run
     * @param loop the event loop of the call, which is the thread that this is subscribed on; the result comes on it
     * @return comes with the head, whatever its status; fails with {@link UpstreamException}. Cancelling closes the
     *     connection.
     */
    public Uni<AgentAnswer> post(
            String target, List<Map.Entry<String, String>> headers, byte[] body, boolean stream, EventLoop loop) {
        AgentCall call;
        try {
            call = AgentCall.of(address, target, headers, body);
        } catch (URISyntaxException e) {
            return Uni.createFrom().failure(new UpstreamException(Kind.UNREACHABLE, e));
        }
        return on(loop, api.post(call))
                .ifNoItem()
                .after(headTimeout(stream))
                .on(loop)
                .fail()
                .map(answer -> AgentAnswer.of((AgentStream) answer.getEntity()))
                .invoke(AgentClient::requireFinal)
                .onFailure(e -> !(e instanceof UpstreamException))
                .transform(e -> translate(e, call.gate().isSent()));
    }

    /**
     * Makes the call in a context of that loop: without one the HTTP client takes that of any loop, and the answer would come on
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
    private static void requireFinal(AgentAnswer answer) {
        if (answer.status() < 200 || answer.status() > 599) {
            answer.body().abort();
            throw new UpstreamException(Kind.INVALID, new IOException("status " + answer.status()));
        }
    }

    /** What went wrong before anything was sent can be nothing that the agent API did. */
    private static UpstreamException translate(Throwable failure, boolean sent) {
        if (!sent) {
            return new UpstreamException(Kind.UNREACHABLE, failure);
        }
        for (Throwable e = failure; e != null; e = e.getCause()) {
            @Nullable Kind kind = kindOf(e);
            if (kind != null) {
                return new UpstreamException(kind, failure);
            }
        }
        return new UpstreamException(Kind.INVALID, failure);
    }

    private static @Nullable Kind kindOf(Throwable e) {
        if (e instanceof TimeoutException) {
            return Kind.TIMEOUT;
        }
        if (e instanceof SocketException
                || e instanceof SSLException
                || e instanceof ClosedChannelException
                || e instanceof HttpClosedException) {
            return Kind.CLOSED;
        }
        return e instanceof IOException io && isOfTheConnection(io) ? Kind.CLOSED : null;
    }

    /**
     * Whether it tells of the connection and not of what came over it. The REST client makes a plain exception with no more
     * than the message both of a connection that closed and of bytes that are no HTTP; native transport has its own types.
     */
    private static boolean isOfTheConnection(IOException e) {
        String message = String.valueOf(e.getMessage());
        return !e.getClass().equals(IOException.class)
                || message.equals(CLOSED_MESSAGE)
                || message.startsWith("Connection reset");
    }
}
