package io.runtape.forward;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.server.fairness.UnsentBytes;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.impl.VertxInternal;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A client leaves a forwarded response untaken while too much is untaken in all. */
class WatchedResponseTest {

    private static final String OWNER = "owner";

    /** More than any bound. */
    private static final long TOO_MUCH = 1L << 40;

    private final UnsentBytes unsent = new UnsentBytes();
    private final Vertx vertx = Vertx.vertx();
    private Context loop;
    private WatchedResponse watched;
    private int aborted;

    @BeforeEach
    void begin() throws Exception {
        loop = ((VertxInternal) vertx).createEventLoopContext();
        HttpServer agent = await(vertx.createHttpServer()
                .requestHandler(call -> call.response().setChunked(true).write("some"))
                .listen(0, "127.0.0.1"));
        onLoop(() -> vertx.createHttpClient()
                .request(HttpMethod.GET, agent.actualPort(), "127.0.0.1", "/")
                .compose(HttpClientRequest::send)
                .compose(this::watch));
    }

    @AfterEach
    void stop() throws Exception {
        await(vertx.close());
    }

    private Future<Void> watch(HttpClientResponse response) {
        Promise<Void> began = Promise.promise();
        watched = WatchedResponse.of(
                response, Duration.ofHours(1), () -> {}, Optional.empty(), unsent, new WatchedResponse.Client() {
                    @Override
                    public String owner() {
                        return OWNER;
                    }

                    @Override
                    public void abort() {
                        aborted++;
                    }
                });
        watched.handler(bytes -> began.tryComplete());
        return began.future();
    }

    private void onLoop(Supplier<Future<Void>> work) throws Exception {
        Promise<Void> done = Promise.promise();
        loop.runOnContext(v -> work.get().onComplete(done));
        await(done.future());
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private int abortedAfter(Runnable events) throws Exception {
        onLoop(() -> {
            events.run();
            return Future.succeededFuture();
        });
        onLoop(Future::succeededFuture);
        return aborted;
    }

    @Test
    void cutsOffAClientThatTakesNothing() throws Exception {
        assertEquals(1, abortedAfter(() -> {
            watched.pause();
            unsent.hold(OWNER, TOO_MUCH, () -> {});
        }));
    }

    /** It was chosen, and has taken all of that before the loop heard of the choice. */
    @Test
    void leavesAClientThatHasTakenEverythingSince() throws Exception {
        assertEquals(0, abortedAfter(() -> {
            watched.pause();
            unsent.hold(OWNER, TOO_MUCH, () -> {});
            watched.resume();
            watched.pause();
        }));
    }
}
