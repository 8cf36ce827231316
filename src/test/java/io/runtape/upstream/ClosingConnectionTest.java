package io.runtape.upstream;

import static io.runtape.upstream.Loops.await;
import static io.runtape.upstream.Loops.in;
import static io.runtape.upstream.Loops.nothingYet;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.net.impl.ConnectionBase;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Calls whose connection closes on its own event loop while the loop of the call is at it. A connection that has closed
 * loses its handlers one after another, the client's own first.
 */
class ClosingConnectionTest {

    private static final int PATIENCE_SECONDS = 30;

    private final CountDownLatch clientLeft = new CountDownLatch(1);
    private final CountDownLatch othersMayLeave = new CountDownLatch(1);
    private final CompletableFuture<Thread> atWork = new CompletableFuture<>();
    private final ResponseGate gate = new ResponseGate();
    private KeptConnection kept;
    private ContextInternal loopOfCall;
    private HttpClientRequest call;

    /** A call has a connection that an earlier call has made on another loop. */
    @BeforeEach
    void start() throws Exception {
        kept = new KeptConnection();
        loopOfCall = kept.loopOfCall();
        call = in(loopOfCall, kept::request);
        gate.at(() -> call);
    }

    @AfterEach
    void stop() throws Exception {
        othersMayLeave.countDown();
        kept.close();
    }

    @Test
    void takesOverWhatCameBeforeTheClose() throws Exception {
        Future<AgentStream> takenOver = in(loopOfCall, () -> {
            gate.stand();
            holdOnceTheClientLeft();
            return Future.succeededFuture(call.send()
                    .map(response -> amidTheClose(() -> AgentStream.takeOver(response, nothingYet(), gate))));
        });
        kept.readCall();
        kept.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
        kept.hangUp();
        letTheOthersLeave(takenOver);

        AgentStream taken = await(takenOver);
        ByteArrayOutputStream came = new ByteArrayOutputStream();
        CompletableFuture<Throwable> broken = new CompletableFuture<>();
        loopOfCall.runOnContext(v -> taken.bytes()
                .subscribe()
                .with(bytes -> came.writeBytes(bytes.getBytes()), broken::complete, () -> broken.complete(null)));
        assertInstanceOf(HttpClosedException.class, broken.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertArrayEquals("data: 1\n\n".getBytes(US_ASCII), came.toByteArray());
    }

    @Test
    void reportsTheCloseOfAConnectionThatACallIsAboutToUse() throws Exception {
        holdOnceTheClientLeft();
        kept.hangUp();
        Promise<HttpClientResponse> sent = Promise.promise();
        loopOfCall.runOnContext(v -> amidTheClose(() -> {
                    gate.stand();
                    return call.send();
                })
                .onComplete(sent));
        letTheOthersLeave(sent.future());

        ExecutionException failed = assertThrows(ExecutionException.class, () -> await(sent.future()));
        assertEquals(UpstreamFailure.CLOSED, UpstreamFailure.of(failed.getCause()));
    }

    @Test
    void saysOfABodyForAClosedConnectionThatItCanNeverBeSent() throws Exception {
        CountDownLatch settled = new CountDownLatch(2);
        OutgoingBody body = new OutgoingBody(new byte[1], settled::countDown);
        body.watch(() -> {}, settled::countDown);
        Channel channel = connection();
        kept.hangUp();
        await().atMost(Duration.ofSeconds(PATIENCE_SECONDS))
                .until(() -> channel.pipeline().firstContext() == null);

        in(loopOfCall, () -> {
            body.take();
            body.goesOutBy(call);
            return Future.succeededFuture();
        });

        assertTrue(settled.await(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    private Channel connection() {
        return ((ConnectionBase) call.connection()).channel();
    }

    /** Holds the closed connection's loop when the client's own handler has left, and all others are still there. */
    private void holdOnceTheClientLeft() {
        connection().pipeline().addBefore("handler", null, new ChannelInboundHandlerAdapter() {
            @Override
            public void handlerRemoved(ChannelHandlerContext context) throws Exception {
                clientLeft.countDown();
                othersMayLeave.await();
            }
        });
    }

    /** Does work on the loop of the call when the client's own handler has left. */
    private <T> T amidTheClose(Supplier<T> work) {
        try {
            assertTrue(clientLeft.await(PATIENCE_SECONDS, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        atWork.complete(Thread.currentThread());
        return work.get();
    }

    /** Lets the other handlers leave once that work waits for it, or is done. */
    private void letTheOthersLeave(Future<?> work) throws Exception {
        Thread thread = atWork.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        await().atMost(Duration.ofSeconds(PATIENCE_SECONDS))
                .until(() -> work.isComplete() || thread.getState() == Thread.State.BLOCKED);
        othersMayLeave.countDown();
    }
}
