package io.runtape.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.runtape.testsupport.WireClient;
import io.runtape.testsupport.WireResponse;
import io.smallrye.mutiny.Multi;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A response on the server alone, whose socket does what sockets do seldom. */
class StreamedResponseTest {

    /** Of the one response that is about it. */
    private static final Duration IDLE = Duration.ofSeconds(1);

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private WireClient serve(Consumer<RoutingContext> response) {
        return serve(new HttpServerOptions(), response);
    }

    private WireClient serve(HttpServerOptions options, Consumer<RoutingContext> response) {
        Router router = Router.router(vertx);
        router.route().handler(context -> {
            context.response().setChunked(true);
            response.accept(context);
        });
        HttpServer server = vertx.createHttpServer(options)
                .requestHandler(router)
                .listen(0)
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        return new WireClient(server.actualPort());
    }

    /** Fails every write that has this text. */
    private static void failWrites(RoutingContext context, String text) {
        ((ConnectionBase) context.request().connection())
                .channel()
                .pipeline()
                .addFirst(new ChannelOutboundHandlerAdapter() {
                    @Override
                    public void write(ChannelHandlerContext to, Object message, ChannelPromise promise) {
                        if (message instanceof ByteBuf bytes
                                && bytes.toString(UTF_8).contains(text)) {
                            bytes.release();
                            promise.setFailure(new IOException("no memory to copy into"));
                        } else {
                            to.write(message, promise);
                        }
                    }
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"two", "three"})
    void sendsNothingBehindBytesThatCouldNotBeWritten(String unwritten) throws Exception {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        WireClient client = serve(context -> {
            failWrites(context, unwritten);
            StreamedResponse.of(
                            context,
                            Multi.createFrom()
                                    .items("one", "two", "three", "four")
                                    .map(Buffer::buffer),
                            () -> done.complete(context.response().ended()))
                    .start();
        });

        try (WireResponse response = client.get("/")) {
            String got = new String(response.readAll(), UTF_8);

            assertEquals(WireResponse.End.CUT, response.end());
            assertFalse(got.contains(unwritten) || got.contains("four"), got);
        }
        assertFalse(done.get(), "it has not ended");
    }

    @Test
    void cutsAResponseWhoseEndCouldNotBeWritten() throws Exception {
        WireClient client = serve(context -> {
            failWrites(context, "0\r\n\r\n");
            StreamedResponse.of(context, Multi.createFrom().item(Buffer.buffer("one")), () -> {})
                    .start();
        });

        try (WireResponse response = client.get("/")) {
            assertEquals("one", new String(response.readAll(), UTF_8));

            assertEquals(WireResponse.End.CUT, response.end());
        }
    }

    @Test
    void isNotIdleWhileItsChunksFlow() throws Exception {
        int chunks = 10;
        HttpServerOptions options =
                new HttpServerOptions().setIdleTimeout((int) IDLE.toMillis()).setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
        WireClient client = serve(
                options,
                context -> StreamedResponse.of(
                                context,
                                Multi.createFrom()
                                        .ticks()
                                        .every(IDLE.dividedBy(4))
                                        .select()
                                        .first(chunks)
                                        .map(tick -> Buffer.buffer("x")),
                                () -> {})
                        .start());

        try (WireResponse response = client.get("/")) {
            assertEquals("x".repeat(chunks), new String(response.readAll(), UTF_8));

            assertEquals(WireResponse.End.WHOLE, response.end());
        }
    }
}
