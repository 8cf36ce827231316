package io.runtape.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.util.List;
import java.util.Map;

/** An agent on this machine with a one-word response, for a call that loads what calls need. */
final class RehearsalAgent {

    private static final String WORD = "data: {}\n\n";

    private final HttpServer server;

    RehearsalAgent(Vertx vertx) {
        this.server = vertx.createHttpServer().requestHandler(RehearsalAgent::answer);
    }

    private static void answer(HttpServerRequest request) {
        request.body().onSuccess(body -> {
            request.response().setChunked(true).putHeader("Content-Type", "text/event-stream");
            request.response().write(WORD);
            request.response().end();
        });
    }

    /** Completes with its address. */
    Future<URI> listen() {
        return server.listen(0, "127.0.0.1").map(open -> URI.create("http://127.0.0.1:" + open.actualPort() + "/"));
    }

    /** A call of this agent. */
    AgentCall call(URI origin) {
        OutgoingBody body = new OutgoingBody("{}".getBytes(UTF_8), () -> {});
        return AgentCall.to(origin, "/", List.of(Map.entry("Content-Type", "application/json")), body);
    }

    Future<Void> close() {
        return server.close();
    }
}
