package io.runtape.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.time.Duration;
import java.util.AbstractList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ScriptPlayerTest {
    // 60 MB: more than the sockets' buffers of a loopback connection take.
    private static final int BEATS = 100_000;
    private static final String TEXT = "x".repeat(600);

    private final Vertx vertx = Vertx.vertx();
    private final AtomicInteger played = new AtomicInteger();

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void playsNoFasterThanItsClientReads() throws Exception {
        HttpResponse<InputStream> stream = open();
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .during(Duration.ofMillis(300))
                .until(this::stalled, still -> still);
        int atRest = played.get();

        long bytes = stream.body().transferTo(OutputStream.nullOutputStream());

        assertTrue(atRest < BEATS, "all was written to a client that read nothing");
        assertEquals(BEATS, played.get());
        assertTrue(bytes > (long) BEATS * TEXT.length());
    }

    private final AtomicInteger seen = new AtomicInteger(-1);

    private boolean stalled() {
        int now = played.get();
        return seen.getAndSet(now) == now && now > 0;
    }

    private HttpResponse<InputStream> open() throws Exception {
        List<ScriptStep> beats = new AbstractList<>() {
            @Override
            public ScriptStep get(int index) {
                played.set(index + 1);
                return new ScriptStep(0, "assistant_message_delta", new JsonObject().put("delta", TEXT));
            }

            @Override
            public int size() {
                return BEATS;
            }
        };
        DemoRun run = new DemoRun(
                new DemoRequest("a", "Hi", "thr_1", true), Clock.systemUTC().instant());
        HttpServer server = vertx.createHttpServer()
                .requestHandler(request ->
                        new ScriptPlayer(vertx, Clock.systemUTC(), new Pace(0), run, beats, request.response()).start())
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.actualPort()))
                .build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofInputStream());
    }
}
