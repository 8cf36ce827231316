package io.runtape.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.runtime.configuration.MemorySize;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RouteFailuresTest {
    private static final long BODY_MAX = 10;

    private static Vertx vertx;
    private static HttpServer server;
    private static HttpClient client;

    @BeforeAll
    static void serve() {
        vertx = Vertx.vertx();
        Router router = Router.router(vertx);
        new RouteFailures(Optional.of(new MemorySize(BigInteger.valueOf(BODY_MAX)))).install(router);
        router.get("/throws").handler(context -> {
            throw new IllegalStateException("the password is hunter2");
        });
        router.get("/refuses")
                .handler(context -> context.fail(ApiException.of(ErrorCode.TOO_MANY_RUNS, "Too many live runs.")
                        .retryAfter(Duration.ofSeconds(2))));
        router.get("/too-large").handler(context -> context.fail(413));
        router.get("/not-there").handler(context -> context.fail(404));
        router.get("/teapot").handler(context -> context.fail(418));
        router.get("/q/broken").handler(context -> context.fail(500));
        router.get("/half").handler(context -> {
            context.response().setChunked(true).write("half");
            ErrorReply.write(context, ErrorCode.STORE_UNAVAILABLE, "The database does not answer.");
        });
        router.get("/twice").handler(context -> {
            ErrorReply.write(context, ApiException.notFound("run"));
            ErrorReply.write(context, ApiException.runActive());
        });
        router.post("/").handler(context -> context.response().end("taken"));
        server = vertx.createHttpServer()
                .requestHandler(router)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    @AfterAll
    static void stop() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void answersAThrowingRouteWithoutTheMessage() throws Exception {
        HttpResponse<String> response = get("/throws");

        assertEquals(500, response.statusCode());
        assertEquals("internal_error", error(response).getString("code"));
        assertFalse(response.body().contains("hunter2"));
    }

    @Test
    void namesTheRequestInBodyAndHeader() throws Exception {
        HttpResponse<String> response = get("/throws");

        String id = header(response, "X-Request-ID");
        assertTrue(id.matches("req_[0-9a-f]{32}"), id);
        assertEquals(id, error(response).getString("requestId"));
    }

    @Test
    void keepsTheCallersRequestIdWhereItIsFit() throws Exception {
        assertEquals("job.7_a-B", requestId("job.7_a-B"));
        assertTrue(requestId("no spaces").startsWith("req_"));
        assertTrue(requestId("x".repeat(129)).startsWith("req_"));
    }

    @Test
    void sendsTheHeadersOfARefusal() throws Exception {
        HttpResponse<String> response = get("/refuses");

        assertEquals(429, response.statusCode());
        assertEquals("2", header(response, "Retry-After"));
        assertEquals("application/json", header(response, "Content-Type"));
        assertEquals("no-store", header(response, "Cache-Control"));
        assertEquals("Too many live runs.", error(response).getString("message"));
    }

    @Test
    void givesAFailedStatusItsCode() throws Exception {
        assertEquals("body_too_large", error(get("/too-large")).getString("code"));
        assertEquals("invalid_request", error(get("/teapot")).getString("code"));
        assertEquals("There is nothing at /not-there.", error(get("/not-there")).getString("message"));
    }

    @Test
    void leavesTheFrameworksOwnPagesAlone() throws Exception {
        assertFalse(get("/q/broken").body().contains("requestId"));
    }

    @Test
    void refusesABodyByItsLength() throws Exception {
        assertEquals("taken", post("0123456789").body());

        HttpResponse<String> refused = post("0123456789a");

        assertEquals(413, refused.statusCode());
        assertEquals("The body is over the limit of 10 bytes.", error(refused).getString("message"));
    }

    @Test
    void cutsAResponseWhoseHeadIsOut() {
        assertThrows(IOException.class, () -> get("/half"));
    }

    @Test
    void answersOnlyOnce() throws Exception {
        assertEquals("not_found", error(get("/twice")).getString("code"));
    }

    private static String requestId(String offered) throws Exception {
        return error(get("/throws", "X-Request-Id", offered)).getString("requestId");
    }

    private static String header(HttpResponse<String> response, String name) {
        return response.headers().firstValue(name).orElseThrow();
    }

    private static JsonObject error(HttpResponse<String> response) {
        return new JsonObject(response.body()).getJsonObject("error");
    }

    private static HttpResponse<String> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).GET();
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private static HttpResponse<String> post(String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri("/"))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private static URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.actualPort() + path);
    }
}
