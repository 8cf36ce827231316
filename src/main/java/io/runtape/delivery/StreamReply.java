package io.runtape.delivery;

import io.netty.channel.EventLoop;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorReply;
import io.runtape.server.fairness.ReadTurns;
import io.runtape.server.loop.EventLoops;
import io.runtape.store.BlockingWork;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Answers a call with a stream: looks up what to stream on a worker, then writes it on the event loop of the call.
 * While the database is away, it cuts the connection instead of answering with an error, so that an EventSource comes
 * back.
 */
final class StreamReply {

    private static final Logger LOG = Logger.getLogger(StreamReply.class);

    private final RoutingContext context;
    private final EventLoop loop;
    private final ReadTurns turns;

    private StreamReply(RoutingContext context, EventLoop loop, ReadTurns turns) {
        this.context = context;
        this.loop = loop;
        this.turns = turns;
    }

    /** The reply to the current call; call it on the call's event loop. */
    static StreamReply to(RoutingContext context, ReadTurns turns) {
        return new StreamReply(context, EventLoops.current(), turns);
    }

    EventLoop loop() {
        return loop;
    }

    /**
     * Looks up on a worker, then answers.
     *
     * @param reader an {@link ApiException} of it or of its work becomes the response
     * @param response runs on the event loop
     */
    <T> Uni<Void> lookedUp(Uni<StreamReaders.Lookup<T>> reader, Function<T, Uni<Void>> response) {
        return reader.flatMap(lookup -> onWorker(lookup.owner(), lookup.work()))
                .flatMap(response::apply)
                .onFailure(e -> !(e instanceof ApiException))
                .recoverWithUni(this::cut);
    }

    /**
     * The same for work that takes more than a turn of the owner's; call it within {@link #lookedUp}.
     *
     * @param work may block and take its time
     */
    <T> Uni<Void> made(Callable<T> work, Function<T, Uni<Void>> response) {
        return BlockingWork.on(Infrastructure.getDefaultWorkerPool(), work, loop)
                .flatMap(response::apply);
    }

    /** Does blocking work when it is this owner's turn; the result comes on the event loop. */
    <T> Uni<T> onWorker(String owner, Supplier<T> lookup) {
        return BlockingWork.on(read -> turns.take(owner, loop, read), lookup::get, loop);
    }

    /** Completes on the event loop when that time is over. */
    Uni<Void> afterwards(Duration time) {
        return Uni.createFrom().voidItem().onItem().delayIt().onExecutor(loop).by(time);
    }

    private Uni<Void> cut(Throwable cause) {
        LOG.warnf("a reader is cut off, its look-up failed: %s", cause.toString());
        ErrorReply.cut(context);
        return Uni.createFrom().voidItem();
    }

    /** 204: no more events will come, and an EventSource stops reconnecting. */
    Uni<Void> nothingMore() {
        context.response().setStatusCode(204).end();
        return Uni.createFrom().voidItem();
    }

    /** 200 with this media type, naming the run and its thread if they are given. */
    HttpServerResponse head(String mediaType) {
        HttpServerResponse response = context.response();
        MultiMap headers = response.headers();
        headers.set("Content-Type", mediaType);
        headers.set("Cache-Control", "no-cache");
        headers.set("X-Accel-Buffering", "no");
        // An agent's response must not become a page of this origin in a browser.
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Content-Security-Policy", "sandbox");
        return response.setChunked(true);
    }

    Uni<Void> write(Multi<Buffer> bytes) {
        if (context.request().method().equals(HttpMethod.HEAD)) {
            context.response().end();
            return Uni.createFrom().voidItem();
        }
        return StreamedResponse.write(context, bytes);
    }
}
