package io.runtape.upstream;

import static io.runtape.upstream.Loops.await;
import static io.runtape.upstream.Loops.in;
import static io.runtape.upstream.Loops.nothingYet;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.net.impl.ConnectionBase;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Responses of which more comes while they are taken over, on a connection whose event loop is not that of the call. */
class ResponseGateTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final CountDownLatch bodyCame = new CountDownLatch(1);
    private final CountDownLatch takenOver = new CountDownLatch(1);
    private final ResponseGate gate = new ResponseGate();
    private KeptConnection kept;
    private ContextInternal loopOfCall;
    private Channel connection;
    private AgentStream taken;

    @BeforeEach
    void start() throws Exception {
        kept = new KeptConnection();
        loopOfCall = kept.loopOfCall();
    }

    @AfterEach
    void stop() throws Exception {
        kept.close();
    }

    @Test
    void leavesTheClientsPauseAsItIs() throws Exception {
        byte[] body = random(4 << 20);

        takeOverAmid(body, body.length);

        await().atMost(PATIENCE).until(() -> !connection.config().isAutoRead());
        assertArrayEquals(body, await(in(loopOfCall, this::readAll)));
    }

    @Test
    void handsOnAnEndThatComesWhileItIsOpened() throws Exception {
        byte[] body = random(1000);

        takeOverAmid(body, body.length);

        assertArrayEquals(body, await(in(loopOfCall, this::readAll)));
        HttpClientRequest next = in(loopOfCall, kept::request);
        Future<HttpClientResponse> response = in(loopOfCall, () -> Future.succeededFuture(next.send()));
        kept.readCall();
        kept.say("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
        assertEquals(201, await(response).statusCode());
    }

    @Test
    void handsOnBytesThatComeWhileItIsOpenedBeforeTheBreak() throws Exception {
        byte[] body = random(1000);
        ByteArrayOutputStream came = new ByteArrayOutputStream();
        CompletableFuture<Throwable> broken = new CompletableFuture<>();

        takeOverAmid(body, body.length + 1);
        kept.hangUp();
        loopOfCall.runOnContext(v -> taken.bytes()
                .subscribe()
                .with(bytes -> came.writeBytes(bytes.getBytes()), broken::complete, () -> broken.complete(null)));

        assertInstanceOf(HttpClosedException.class, broken.get(30, TimeUnit.SECONDS));
        assertArrayEquals(body, came.toByteArray());
    }

    /** Takes a response over at the moment when the connection's event loop has its body in its hands. */
    private void takeOverAmid(byte[] body, int length) throws Exception {
        HttpClientRequest request = in(loopOfCall, kept::request);
        gate.at(() -> request);
        connection = ((ConnectionBase) request.connection()).channel();
        Future<HttpClientResponse> head = in(loopOfCall, () -> {
            gate.stand();
            connection.pipeline().addAfter("codec", null, new HoldBeforeBody());
            return Future.succeededFuture(request.send());
        });
        kept.readCall();
        kept.say("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n");
        HttpClientResponse response = await(head);
        int atOnce = Math.min(body.length, 128 << 10);
        kept.say(Arrays.copyOf(body, atOnce), 0);
        bodyCame.await();
        taken = in(loopOfCall, () -> Future.succeededFuture(AgentStream.takeOver(response, nothingYet(), gate)));
        Thread rest = new Thread(() -> sayRest(body, atOnce));
        rest.setDaemon(true);
        rest.start();
        takenOver.countDown();
        connection.eventLoop().submit(() -> {}).get(30, TimeUnit.SECONDS);
        assertNull(connection.pipeline().get(ResponseGate.class));
    }

    private final class HoldBeforeBody extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
            if (message instanceof HttpContent) {
                bodyCame.countDown();
                takenOver.await();
            }
            context.fireChannelRead(message);
        }
    }

    private Future<Future<byte[]>> readAll() {
        Promise<byte[]> whole = Promise.promise();
        ByteArrayOutputStream came = new ByteArrayOutputStream();
        taken.bytes()
                .subscribe()
                .with(
                        bytes -> came.writeBytes(bytes.getBytes()),
                        whole::fail,
                        () -> whole.complete(came.toByteArray()));
        return Future.succeededFuture(whole.future());
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    private void sayRest(byte[] body, int from) {
        try {
            kept.say(body, from);
        } catch (IOException e) {
            // The test is over.
        }
    }
}
