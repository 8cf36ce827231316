package io.runtape.delivery;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Writes a stream of bytes as the body of a response, as fast as its client reads: one write an item, the next one asked for
 * when the socket takes more. A stream that fails resets the connection, so that the client sees that it is not whole. The
 * head must be set and is written at once. Confined to the event loop of the request.
 */
public final class StreamedResponse implements Flow.Subscriber<Buffer> {

    private final HttpServerResponse response;
    private final UniEmitter<? super @Nullable Void> emitter;
    private Flow.@Nullable Subscription subscription;

    private StreamedResponse(HttpServerResponse response, UniEmitter<? super @Nullable Void> emitter) {
        this.response = response;
        this.emitter = emitter;
    }

    /** Writes the bytes; the result comes when all is handed over. Cancelling it, as a lost client does, ends the reading. */
    public static Uni<Void> write(HttpServerResponse response, Multi<Buffer> bytes) {
        return Uni.createFrom().emitter(emitter -> {
            StreamedResponse to = new StreamedResponse(response, emitter);
            emitter.onTermination(to::stop);
            response.exceptionHandler(e -> to.stop());
            bytes.subscribe().withSubscriber(to);
        });
    }

    private void stop() {
        if (subscription != null) {
            subscription.cancel();
        }
    }

    @Override
    public void onSubscribe(Flow.Subscription begun) {
        subscription = begun;
        if (response.closed()) {
            begun.cancel();
            return;
        }
        // The head goes out now, however long the first bytes take.
        response.write(Buffer.buffer());
        begun.request(1);
    }

    @Override
    public void onNext(Buffer bytes) {
        response.write(bytes);
        if (response.writeQueueFull()) {
            response.drainHandler(v -> more());
        } else {
            more();
        }
    }

    private void more() {
        if (subscription != null) {
            subscription.request(1);
        }
    }

    @Override
    public void onError(Throwable failure) {
        response.reset();
        emitter.complete(null);
    }

    @Override
    public void onComplete() {
        if (!response.ended()) {
            response.end();
        }
        emitter.complete(null);
    }
}
