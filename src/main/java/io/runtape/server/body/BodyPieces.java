package io.runtape.server.body;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.StreamResetException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;

/**
 * Hands a body of any length to a worker, piece by piece, and reads the request no further meanwhile. The body must keep a
 * least pace, as one that is read whole must. Confined to the event loop of the request.
 */
public final class BodyPieces<T> {

    /** A piece is handed on when it has this many bytes; what one read of the socket brought goes with it. */
    private static final int PIECE_BYTES = 64 << 10;

    private static final Duration WINDOW = IncomingBody.WINDOW;

    /**
     * Takes the pieces, on a worker, one after the other, each in one turn or in more: others have theirs between two. Every method may
     * block, but for {@link #over}.
     */
    public interface Sink<T> {
        /** Takes a piece; returns whether it is to go on with it. */
        boolean piece(byte[] bytes) throws Exception;

        /** Goes on with the piece; the same. */
        boolean goOn() throws Exception;

        /** All pieces have come; the result of the body. */
        T end() throws Exception;

        /**
         * Nothing more will come, whatever was the reason. Called once, before {@link #close} and on the event loop, since the
         * workers may have much to do for others; one of them may be at a turn still, which is the last one.
         */
        void over();

        /** The same, on a worker. Called once, last. */
        void close();
    }

    private final HttpServerRequest request;
    private final Executor workers;
    private final Sink<T> sink;
    private final UniEmitter<? super T> emitter;
    private final Context context;
    private Buffer gathered = Buffer.buffer();
    private long received;
    private long receivedAtLook;
    private long timer = -1;
    private boolean working;
    private boolean ended;
    /** Written on the event loop alone. */
    private volatile boolean done;

    private BodyPieces(HttpServerRequest request, Executor workers, Sink<T> sink, UniEmitter<? super T> emitter) {
        this.request = request;
        this.workers = workers;
        this.sink = sink;
        this.emitter = emitter;
        this.context = Vertx.currentContext();
    }

    /**
     * Completes with the result of the sink. Fails with what the sink threw, with 408 if the body stands still, and with 400
     * if it does not arrive whole; then the rest of it is not read, and the connection ends. Subscribe when the request
     * comes in, on its event loop.
     *
     * @param workers runs the sink on another thread, in the order of the calls
     */
    public static <T> Uni<T> feed(HttpServerRequest request, Executor workers, Sink<T> sink) {
        return Uni.createFrom().emitter(emitter -> new BodyPieces<T>(request, workers, sink, emitter).begin());
    }

    private void begin() {
        request.pause();
        request.exceptionHandler(this::broken);
        emitter.onTermination(this::leave);
        request.handler(this::chunk);
        request.endHandler(v -> end());
        readOn();
    }

    /** A stream that its client has reset gets no response, as {@link IncomingBody} says. */
    private void broken(Throwable cause) {
        if (cause instanceof StreamResetException) {
            leave();
        } else {
            fail(ApiException.invalid("The body did not arrive whole. Some of what it had until then was taken."));
        }
    }

    private void readOn() {
        receivedAtLook = received;
        timer = context.owner().setTimer(WINDOW.toMillis(), t -> requireProgress());
        request.resume();
    }

    private void requireProgress() {
        if (done || working) {
            return;
        }
        if (received - receivedAtLook >= IncomingBody.BYTES_PER_SECOND_MIN * WINDOW.toSeconds()) {
            readOn();
        } else {
            refuse(ApiException.of(
                    ErrorCode.REQUEST_TIMEOUT,
                    "The body stands still, or comes by less than " + IncomingBody.BYTES_PER_SECOND_MIN
                            + " bytes a second. What it had until then was taken."));
        }
    }

    private void chunk(Buffer more) {
        if (!done) {
            received += more.length();
            gathered.appendBuffer(more);
            if (gathered.length() >= PIECE_BYTES && !working) {
                handOn();
            }
        }
    }

    private void end() {
        ended = true;
        if (!done && !working) {
            goOn();
        }
    }

    private void handOn() {
        working = true;
        if (!ended) {
            // A stream of HTTP/2 that has ended cannot be paused.
            request.pause();
        }
        context.owner().cancelTimer(timer);
        byte[] piece = gathered.getBytes();
        gathered = Buffer.buffer();
        workers.execute(() -> turn(() -> sink.piece(piece)));
    }

    /** On a worker. */
    private void turn(Callable<Boolean> work) {
        if (done) {
            return;
        }
        try {
            if (work.call()) {
                workers.execute(() -> turn(sink::goOn));
            } else {
                context.runOnContext(v -> taken());
            }
        } catch (Exception e) {
            context.runOnContext(v -> refuse(e));
        }
    }

    private void taken() {
        working = false;
        if (!done) {
            goOn();
        }
    }

    private void goOn() {
        if (gathered.length() >= PIECE_BYTES || ended && gathered.length() > 0) {
            handOn();
        } else if (ended) {
            working = true;
            workers.execute(() -> {
                try {
                    T result = sink.end();
                    context.runOnContext(v -> complete(result));
                } catch (Exception e) {
                    context.runOnContext(v -> fail(e));
                }
            });
        } else {
            readOn();
        }
    }

    private void complete(T result) {
        if (!done) {
            finish();
            emitter.complete(result);
        }
    }

    private void refuse(Throwable refusal) {
        if (!done) {
            if (!ended) {
                IncomingBody.stopReading(request, context);
            }
            fail(refusal);
        }
    }

    private void fail(Throwable failure) {
        if (!done) {
            finish();
            emitter.fail(failure);
        }
    }

    /** The subscriber has cancelled, or nobody is left to be answered. */
    private void leave() {
        if (!done) {
            finish();
        }
    }

    private void finish() {
        done = true;
        gathered = Buffer.buffer();
        context.owner().cancelTimer(timer);
        sink.over();
        // Behind a turn that is under way.
        workers.execute(sink::close);
    }
}
