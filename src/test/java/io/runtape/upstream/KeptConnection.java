package io.runtape.upstream;

import static io.runtape.upstream.Loops.await;
import static io.runtape.upstream.Loops.in;
import static java.nio.charset.StandardCharsets.US_ASCII;
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
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.TimeUnit;

/**
 * The only connection of an HTTP client, kept open by an earlier call on another event loop than that of the calls to come;
 * and the agent at its other end, which says what a test tells it to.
 */
final class KeptConnection implements AutoCloseable {

    private static final int PATIENCE_SECONDS = 30;

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
    private final HttpClient client = vertx.createHttpClient(new HttpClientOptions().setMaxPoolSize(1));
    private final ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private final ContextInternal loopOfCall;
    private final Socket agent;

    KeptConnection() throws Exception {
        ContextInternal loopOfConnection = ((VertxInternal) vertx).createEventLoopContext();
        loopOfCall = ((VertxInternal) vertx).createEventLoopContext();
        assertNotSame(loopOfConnection.nettyEventLoop(), loopOfCall.nettyEventLoop());
        HttpClientRequest earlier = in(loopOfConnection, this::request);
        agent = server.accept();
        agent.setSoTimeout(PATIENCE_SECONDS * 1000);
        Future<Void> over =
                in(loopOfConnection, () -> Future.succeededFuture(earlier.send().compose(HttpClientResponse::end)));
        readCall();
        say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await(over);
    }

    /** The event loop of the calls to come, which is not the connection's. */
    ContextInternal loopOfCall() {
        return loopOfCall;
    }

    /** A call that has the connection as soon as that is free. */
    Future<HttpClientRequest> request() {
        return client.request(HttpMethod.GET, server.getLocalPort(), "127.0.0.1", "/");
    }

    void say(String text) throws IOException {
        say(text.getBytes(US_ASCII), 0);
    }

    /** Says the bytes from that position on. */
    void say(byte[] bytes, int from) throws IOException {
        agent.getOutputStream().write(bytes, from, bytes.length - from);
    }

    void readCall() throws IOException {
        readCall(agent.getInputStream());
    }

    /** Reads the head of a call without a body. */
    static void readCall(InputStream in) throws IOException {
        for (int ends = 0; ends < 4; ) {
            int read = in.read();
            ends = read == '\r' || read == '\n' ? ends + 1 : 0;
            if (read < 0) {
                throw new IOException("no call came");
            }
        }
    }

    /** The agent closes the connection. */
    void hangUp() throws IOException {
        agent.close();
    }

    @Override
    public void close() throws Exception {
        agent.close();
        server.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
}
