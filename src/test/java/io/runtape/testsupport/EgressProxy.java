package io.runtape.testsupport;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP proxy, as stands at the edge of a network: tunnels by {@code CONNECT}, calls in plain HTTP by their absolute address.
 * Notes what passed. Safe for any thread.
 */
public final class EgressProxy implements AutoCloseable {

    private static final String ORIGIN = "http://";

    private final Vertx vertx = Vertx.vertx();
    private final NetClient tunnels = vertx.createNetClient();
    private final HttpClient calls = vertx.createHttpClient();
    private final ConcurrentLinkedQueue<String> passed = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> refused = new ConcurrentLinkedQueue<>();
    private final @Nullable String login;
    private final HttpServer server;

    private EgressProxy(@Nullable String login) throws Exception {
        this.login = login;
        this.server = vertx.createHttpServer()
                .requestHandler(this::handle)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(ScriptedUpstream.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** One for everybody. */
    public static EgressProxy open() throws Exception {
        return new EgressProxy(null);
    }

    /** One for whoever has this login. */
    public static EgressProxy withLogin(String user, String password) throws Exception {
        return new EgressProxy("Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8)));
    }

    public int port() {
        return server.actualPort();
    }

    /** Method and target of all requests that passed, in order: {@code CONNECT host:port}, {@code GET http://host:port/…}. */
    public List<String> passed() {
        return List.copyOf(passed);
    }

    /** The same of those that had no login, or another one. */
    public List<String> refused() {
        return List.copyOf(refused);
    }

    private void handle(HttpServerRequest request) {
        String line = request.method() + " " + request.uri();
        if (login != null && !login.equals(request.getHeader(HttpHeaders.PROXY_AUTHORIZATION))) {
            refused.add(line);
            request.response()
                    .setStatusCode(407)
                    .putHeader(HttpHeaders.PROXY_AUTHENTICATE, "Basic realm=\"egress\"")
                    .end();
            return;
        }
        if (!request.method().equals(HttpMethod.CONNECT) && !request.uri().startsWith(ORIGIN)) {
            // It is no origin server.
            refused.add(line);
            request.response().setStatusCode(400).end();
            return;
        }
        passed.add(line);
        request.pause();
        if (request.method().equals(HttpMethod.CONNECT)) {
            tunnel(request);
        } else {
            call(request);
        }
    }

    private void tunnel(HttpServerRequest request) {
        String to = request.uri();
        int colon = to.lastIndexOf(':');
        tunnels.connect(Integer.parseInt(to.substring(colon + 1)), to.substring(0, colon))
                .onFailure(e -> request.response().setStatusCode(502).end())
                .onSuccess(far -> {
                    far.pause();
                    request.toNetSocket().onSuccess(near -> {
                        pass(near, far);
                        pass(far, near);
                    });
                });
    }

    private static void pass(NetSocket from, NetSocket to) {
        from.closeHandler(v -> to.close());
        from.pipeTo(to);
    }

    private void call(HttpServerRequest request) {
        String to = request.uri().substring(ORIGIN.length());
        int slash = to.indexOf('/');
        int colon = to.indexOf(':');
        RequestOptions options = new RequestOptions()
                .setMethod(request.method())
                .setHost(to.substring(0, colon))
                .setPort(Integer.parseInt(to.substring(colon + 1, slash)))
                .setURI(to.substring(slash));
        HttpServerResponse response = request.response();
        calls.request(options)
                .compose(out -> {
                    request.headers().forEach(h -> {
                        if (!h.getKey().toLowerCase(Locale.ROOT).startsWith("proxy-")) {
                            out.headers().add(h.getKey(), h.getValue());
                        }
                    });
                    response.closeHandler(v -> out.reset());
                    return out.send(request);
                })
                .onSuccess(from -> pass(from, response))
                .onFailure(e -> response.setStatusCode(502).end());
    }

    private static void pass(HttpClientResponse from, HttpServerResponse response) {
        response.setStatusCode(from.statusCode());
        response.headers().addAll(from.headers());
        from.pipeTo(response);
    }

    @Override
    public void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
}
