package io.runtape.delivery;

import io.runtape.error.ErrorReply;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Writes a stream of bytes as the body of a response, as fast as its client reads: one write for each item, or for each
 * piece of a long item. It requests the next item when the socket takes more. If the stream fails, it cuts the response
 * off, so that the client sees that it is incomplete. Confined to the event loop of the request.
 */
public final class StreamedResponse implements Flow.Subscriber<Buffer> {

    /**
     * Longer items go out in pieces. A socket copies its bytes out of the heap, and only a garbage collection frees the
     * memory of a long copy: the event loops of clients that take nothing would wait for that.
     */
    private static final int PIECE_BYTES = 128 << 10;

    private final RoutingContext context;
    private final HttpServerResponse response;
    private final Runnable onDone;
    private final Handler<Throwable> onUnwritten = e -> breakOff();
    private Flow.@Nullable Subscription subscription;
    private boolean done;
    /** The unwritten rest of an item. */
    private @Nullable Buffer rest;

    private boolean endsAfterRest;

    /** Whether the queue was full when the last bytes were written. */
    private boolean awaitsDrain;

    private boolean started;

    /** The stream failed before the head was set. */
    private @Nullable Throwable failedEarly;

    private StreamedResponse(RoutingContext context, Runnable onDone) {
        this.context = context;
        this.response = context.response();
        this.onDone = onDone;
    }

    /**
     * Subscribes to the bytes at once, so that a live run's frames are queued for it from now on, but requests none
     * before {@link #start}.
     *
     * @param onDone runs when all bytes are written or the stream failed
     */
    public static StreamedResponse of(RoutingContext context, Multi<Buffer> bytes, Runnable onDone) {
        StreamedResponse to = new StreamedResponse(context, onDone);
        bytes.subscribe().withSubscriber(to);
        return to;
    }

    /** Writes the bytes; completes when all are written. Cancelling it, as a lost client does, ends the reading. */
    static Uni<Void> write(RoutingContext context, Multi<Buffer> bytes) {
        return Uni.createFrom().emitter(emitter -> {
            StreamedResponse to = of(context, bytes, () -> emitter.complete(null));
            emitter.onTermination(to::cancel);
            to.start();
        });
    }

    /** Begins to write. The head, which must be set, goes out now, even if the first bytes come late. */
    public void start() {
        response.exceptionHandler(e -> cancel());
        if (response.closed()) {
            cancel();
            return;
        }
        started = true;
        Throwable failure = failedEarly;
        if (failure != null) {
            onError(failure);
            return;
        }
        ChunkWriter.on(context.request().connection());
        more();
        if (!response.headWritten()) {
            write(Buffer.buffer());
        }
    }

    private void write(Buffer bytes) {
        response.write(bytes).onFailure(onUnwritten);
    }

    /**
     * Bytes did not reach the socket, because there is no memory to copy them into, for example. The client must not get
     * those that follow, which would look as if there were none between.
     */
    private void breakOff() {
        if (!done && isConnected()) {
            done = true;
            rest = null;
            if (subscription != null) {
                subscription.cancel();
            }
            ErrorReply.abort(context);
            onDone.run();
        }
    }

    /** When a connection is lost, all its unsent bytes fail; who listens for its end does the rest. */
    private boolean isConnected() {
        return ((ConnectionBase) context.request().connection()).channel().isActive();
    }

    /** Stops reading; written bytes still go out. */
    public void cancel() {
        if (!done && subscription != null) {
            done = true;
            rest = null;
            subscription.cancel();
        }
    }

    @Override
    public void onSubscribe(Flow.Subscription begun) {
        subscription = begun;
    }

    @Override
    public void onNext(Buffer bytes) {
        if (done) {
            return;
        }
        if (response.closed()) {
            cancel();
            return;
        }
        rest = bytes.length() > PIECE_BYTES ? bytes : null;
        if (rest == null) {
            write(bytes);
        } else {
            writePiece();
        }
        goOn();
    }

    private void goOn() {
        while (rest != null && !response.writeQueueFull()) {
            writePiece();
        }
        if (response.writeQueueFull()) {
            awaitsDrain = true;
            response.drainHandler(v -> drained());
        } else {
            more();
        }
    }

    /** Also called late, for a queue that was full before: then an item is asked for already, and a second one would come. */
    private void drained() {
        if (awaitsDrain) {
            awaitsDrain = false;
            goOn();
        }
    }

    private void writePiece() {
        Buffer now = rest;
        if (now != null) {
            int end = Math.min(PIECE_BYTES, now.length());
            rest = end == now.length() ? null : now.slice(end, now.length());
            write(now.slice(0, end));
        }
    }

    private void more() {
        if (endsAfterRest) {
            end();
        } else if (!done && subscription != null) {
            subscription.request(1);
        }
    }

    private void end() {
        if (!done) {
            done = true;
            if (!response.ended()) {
                response.end().onFailure(e -> abortUnended());
            }
            onDone.run();
        }
    }

    /** Over HTTP/1 the client would wait for the end for ever. */
    private void abortUnended() {
        if (isConnected() && context.request().version() != HttpVersion.HTTP_2) {
            ErrorReply.abort(context);
        }
    }

    @Override
    public void onError(Throwable failure) {
        if (!started) {
            failedEarly = failure;
        } else if (!done) {
            done = true;
            rest = null;
            if (!response.headWritten()) {
                write(Buffer.buffer());
            }
            if (failure instanceof BrokenOffException broken && broken.atOnce()) {
                ErrorReply.abort(context);
            } else {
                ErrorReply.cut(context);
            }
            onDone.run();
        }
    }

    @Override
    public void onComplete() {
        if (started && rest == null) {
            end();
        } else {
            endsAfterRest = true;
        }
    }
}
