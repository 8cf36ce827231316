package io.runtape.upstream;

import static io.runtape.upstream.Loops.await;
import static io.runtape.upstream.Loops.in;
import static io.runtape.upstream.Loops.nothingYet;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.net.impl.ConnectionBase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls that are given up, over the only connection that their client may have. */
class GivenUpCallTest {

    private Vertx vertx;
    private HttpClient client;
    private ServerSocket server;
    private Context first;
    private Context second;

    @BeforeEach
    void start() throws IOException {
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
        client = vertx.createHttpClient(new HttpClientOptions().setMaxPoolSize(1));
        server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        server.setSoTimeout(30_000);
        first = ((VertxInternal) vertx).createEventLoopContext();
        second = ((VertxInternal) vertx).createEventLoopContext();
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @Test
    void leavesTheConnectionOfAWholeResponseToTheNextCall() throws Exception {
        HttpClientRequest given = in(first, this::request);
        Future<HttpClientResponse> unread = in(first, () -> sent(given, HttpClientResponse::pause));
        try (Socket agent = server.accept()) {
            readCall(agent);
            say(agent, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole");
            await(unread);
            HttpClientRequest next = in(second, this::request);
            Future<HttpClientResponse> response = in(second, () -> sent(next, r -> {}));
            readCall(agent);

            giveUp(given);

            say(agent, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
            assertEquals(201, await(response).statusCode());
        }
    }

    @Test
    void leavesTheConnectionOfAWholeRecordedResponseToTheNextCall() throws Exception {
        HttpClientRequest given = in(first, this::request);
        ResponseGate gate = new ResponseGate();
        gate.at(() -> given);
        Future<AgentStream> taken = in(first, () -> {
            gate.stand();
            return Future.succeededFuture(given.send().map(came -> AgentStream.takeOver(came, nothingYet(), gate)));
        });
        try (Socket agent = server.accept()) {
            readCall(agent);
            say(agent, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwh");
            AgentStream unread = await(taken);
            say(agent, "ole");
            HttpClientRequest next = in(second, this::request);
            Future<HttpClientResponse> response = in(second, () -> sent(next, r -> {}));
            readCall(agent);

            in(first, () -> {
                unread.abort();
                return Future.succeededFuture();
            });
            settle(given);

            say(agent, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
            assertEquals(201, await(response).statusCode());
        }
    }

    @Test
    void leavesTheConnectionOfAnUnsentCallToTheNextCall() throws Exception {
        HttpClientRequest given = in(first, this::request);
        try (Socket agent = server.accept()) {

            giveUp(given);

            HttpClientRequest next = in(second, this::request);
            Future<HttpClientResponse> response = in(second, () -> sent(next, r -> {}));
            readCall(agent);
            say(agent, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
            assertEquals(201, await(response).statusCode());
        }
    }

    @Test
    void closesTheConnectionBeforeTheResponseIsWhole() throws Exception {
        HttpClientRequest given = in(first, this::request);
        Future<HttpClientResponse> begun = in(first, () -> sent(given, r -> r.exceptionHandler(e -> {})));
        try (Socket agent = server.accept()) {
            readCall(agent);
            say(agent, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhol");
            await(begun);

            giveUp(given);

            assertEquals(-1, agent.getInputStream().read());
        }
    }

    @Test
    void closesTheConnectionBeforeTheRequestIsWhole() throws Exception {
        HttpClientRequest given = in(first, this::request);
        Future<Void> answered = in(first, () -> {
            given.setMethod(HttpMethod.PUT).setChunked(true).exceptionHandler(e -> {});
            given.sendHead();
            return Future.succeededFuture(given.response().compose(HttpClientResponse::end));
        });
        try (Socket agent = server.accept()) {
            readCall(agent);
            say(agent, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole");
            await(answered);

            giveUp(given);

            assertEquals(-1, agent.getInputStream().read());
        }
    }

    private Future<HttpClientRequest> request() {
        return client.request(HttpMethod.GET, server.getLocalPort(), "127.0.0.1", "/")
                .onSuccess(OrderlyBreak::on);
    }

    /** The response to come, with which something is done as soon as it has. */
    private static Future<Future<HttpClientResponse>> sent(
            HttpClientRequest request, Consumer<HttpClientResponse> then) {
        return Future.succeededFuture(request.send().onSuccess(then::accept));
    }

    /** Gives the call up, and returns when its connection has seen to that. */
    private void giveUp(HttpClientRequest call) throws Exception {
        in(first, () -> {
            OrderlyBreak.giveUp(call);
            return Future.succeededFuture();
        });
        settle(call);
    }

    private static void settle(HttpClientRequest call) throws Exception {
        ((ConnectionBase) call.connection())
                .channel()
                .eventLoop()
                .submit(() -> {})
                .get(30, TimeUnit.SECONDS);
    }

    private static void say(Socket agent, String text) throws IOException {
        agent.getOutputStream().write(text.getBytes(US_ASCII));
    }

    private static void readCall(Socket agent) throws IOException {
        agent.setSoTimeout(30_000);
        KeptConnection.readCall(agent.getInputStream());
    }
}
