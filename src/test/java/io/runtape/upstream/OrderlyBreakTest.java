package io.runtape.upstream;

import static io.runtape.upstream.Loops.in;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.net.impl.ConnectionBase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A response whose connection breaks before the event loop of its call has looked at it. */
class OrderlyBreakTest {

    private final List<Throwable> unhandled = new CopyOnWriteArrayList<>();
    private Vertx vertx;
    private HttpClient client;
    private ServerSocket server;

    @BeforeEach
    void start() throws IOException {
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
        vertx.exceptionHandler(unhandled::add);
        client = vertx.createHttpClient(new HttpClientOptions().setMaxPoolSize(1));
        server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Thread answering = new Thread(this::answer);
        answering.setDaemon(true);
        answering.start();
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    /** The first response is whole; the second is a head, then a reset. */
    private void answer() {
        try (Socket socket = server.accept()) {
            KeptConnection.readCall(socket.getInputStream());
            socket.getOutputStream().write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(US_ASCII));
            KeptConnection.readCall(socket.getInputStream());
            socket.getOutputStream().write("HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n".getBytes(US_ASCII));
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            unhandled.add(e);
        }
    }

    private Future<HttpClientRequest> request() {
        return client.request(HttpMethod.GET, server.getLocalPort(), "127.0.0.1", "/")
                .onSuccess(OrderlyBreak::on);
    }

    @Test
    void handsTheHeadOverBeforeTheBreak() throws Exception {
        ContextInternal first = ((VertxInternal) vertx).createEventLoopContext();
        ContextInternal other = ((VertxInternal) vertx).createEventLoopContext();
        assertNotSame(first.nettyEventLoop(), other.nettyEventLoop());
        in(first, () -> request().compose(HttpClientRequest::send).compose(HttpClientResponse::end));
        CountDownLatch broken = new CountDownLatch(1);

        HttpClientResponse response = in(
                other,
                () -> request().compose(request -> {
                    request.exceptionHandler(e -> {});
                    ((ConnectionBase) request.connection())
                            .channel()
                            .closeFuture()
                            .addListener(v -> broken.countDown());
                    Future<HttpClientResponse> sent = request.send();
                    awaitHere(broken);
                    return sent.onSuccess(came -> came.exceptionHandler(e -> {}));
                }));

        assertEquals(201, response.statusCode());
        assertEquals(List.of(), unhandled);
    }

    /** Holds the event loop of the call until the connection's own has seen everything. */
    private static void awaitHere(CountDownLatch latch) {
        try {
            if (!latch.await(30, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the connection does not break");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
