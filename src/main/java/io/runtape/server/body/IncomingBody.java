package io.runtape.server.body;

import io.netty.channel.EventLoop;
import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.runtape.server.memory.BudgetShare;
import io.runtape.server.memory.ByteBudget;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.impl.ContextInternal;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a body up to a limit, while memory suffices and the body keeps coming: a body that stands still would hold its
 * memory for ever. Confined to the event loop of the request.
 */
public final class IncomingBody {

    /** Time for the refusal to go out before the gateway closes the connection with the rest of the body unread. */
    private static final long CLOSE_AFTER_MILLIS = 1000;

    /** How often the pace is checked: long enough that a short break does no harm. */
    static final Duration WINDOW = Duration.ofSeconds(10);

    /** The pace that a body must keep in each window: slower than the slowest line that people upload over. */
    static final int BYTES_PER_SECOND_MIN = 8 << 10;

    /**
     * How often a body counts: it exists as it came, as it is stored, and once more while it is written to a socket or
     * to the database. A growing body is copied from an old array into a new one.
     */
    private static final int FORMS = 3;

    /** The first buffer for a body without a stated length. */
    private static final int FIRST_BYTES = 8 << 10;

    private static final byte[] NOTHING = {};

    private final HttpServerRequest request;
    private final long bytesMax;
    private final String limit;
    /** Until the body is there or will not come: it leads to whatever the body becomes. */
    private @Nullable UniEmitter<? super ReceivedBody> emitter;

    private final BudgetShare share;
    private final Context context;
    private final long stated;
    private byte[] bytes = NOTHING;
    private int length;
    private int lengthAtLook;
    private long timer = -1;

    private IncomingBody(
            HttpServerRequest request,
            long bytesMax,
            String limit,
            ByteBudget budget,
            UniEmitter<? super ReceivedBody> emitter) {
        this.request = request;
        this.bytesMax = bytesMax;
        this.limit = limit;
        this.emitter = emitter;
        this.share = budget.share();
        this.context = Vertx.currentContext();
        this.stated = stated(request.getHeader(HttpHeaders.CONTENT_LENGTH));
    }

    /**
     * The whole body. Fails with 413 if it is longer than the limit, with 408 if it stands still, and with 503 if
     * memory lacks; then the rest of it is not read, and the connection ends. Subscribe when the request comes in, on
     * its event loop.
     *
     * @param limit what follows the number of bytes in the message of 413
     */
    public static Uni<ReceivedBody> read(HttpServerRequest request, long bytesMax, String limit, ByteBudget budget) {
        return Uni.createFrom().emitter(emitter -> {
            IncomingBody body = new IncomingBody(request, bytesMax, limit, budget, emitter);
            emitter.onTermination(body::leave);
            body.begin();
        });
    }

    private static long stated(@Nullable String length) {
        try {
            return length == null ? -1 : Long.parseLong(length);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private void begin() {
        request.pause();
        request.exceptionHandler(this::broken);
        if (stated > bytesMax) {
            refuse(tooLarge());
        } else if (stated <= 0) {
            receive();
        } else {
            withRoom(stated, () -> {
                bytes = new byte[(int) stated];
                receive();
            });
        }
    }

    private ApiException tooLarge() {
        return ApiException.of(
                ErrorCode.BODY_TOO_LARGE, "The body is over the limit of " + bytesMax + " bytes" + limit + ".");
    }

    /** Goes on when there is room for that many more bytes; does not read the request meanwhile. */
    private void withRoom(long more, Runnable then) {
        if (share.tryTake(FORMS * more)) {
            then.run();
            return;
        }
        request.pause();
        context.owner().cancelTimer(timer);
        EventLoop loop = ((ContextInternal) context).nettyEventLoop();
        share.take(
                FORMS * more,
                loop,
                taken -> context.runOnContext(v -> {
                    if (emitter == null) {
                        return;
                    }
                    if (taken) {
                        // The sender is not to blame that nothing came meanwhile.
                        look();
                        then.run();
                    } else {
                        refuse(ByteBudget.overloaded());
                    }
                }));
    }

    /**
     * A stream that its client has reset gets no response: the framework would fail to write it to the closed stream,
     * and then close the connection with all its other streams.
     */
    private void broken(Throwable cause) {
        if (cause instanceof StreamResetException) {
            leave();
        } else {
            fail(ApiException.invalid("The body did not arrive whole."));
        }
    }

    private void receive() {
        request.handler(this::chunk);
        request.endHandler(v -> end());
        look();
        request.resume();
    }

    private void look() {
        context.owner().cancelTimer(timer);
        lengthAtLook = length;
        timer = context.owner().setTimer(WINDOW.toMillis(), t -> requireProgress());
    }

    private void requireProgress() {
        if (emitter == null) {
            return;
        }
        if (length - lengthAtLook >= BYTES_PER_SECOND_MIN * WINDOW.toSeconds()) {
            look();
        } else {
            refuse(ApiException.of(
                    ErrorCode.REQUEST_TIMEOUT,
                    "The body stands still, or comes by less than " + BYTES_PER_SECOND_MIN + " bytes a second."));
        }
    }

    private void chunk(Buffer more) {
        if (emitter == null) {
            return;
        }
        int needed = length + more.length();
        if (needed > bytesMax) {
            refuse(tooLarge());
        } else if (needed <= bytes.length) {
            take(more);
        } else {
            grow(needed, more);
        }
    }

    private void take(Buffer more) {
        more.getBytes(bytes, length);
        length += more.length();
    }

    private void grow(int needed, Buffer more) {
        int capacity = (int) Math.min(bytesMax, Math.max(FIRST_BYTES, Math.max(needed, 2L * bytes.length)));
        withRoom(capacity - bytes.length, () -> {
            bytes = Arrays.copyOf(bytes, capacity);
            take(more);
            request.resume();
        });
    }

    private void end() {
        UniEmitter<? super ReceivedBody> receiver = emitter;
        if (receiver == null) {
            return;
        }
        byte[] whole = length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
        share.give(FORMS * (bytes.length - length));
        finish();
        receiver.complete(new ReceivedBody(whole, share));
    }

    /** Releases everything that this object holds, since the request lives as long as its response. */
    private void finish() {
        emitter = null;
        bytes = NOTHING;
        context.owner().cancelTimer(timer);
    }

    private void fail(ApiException failure) {
        UniEmitter<? super ReceivedBody> receiver = emitter;
        if (receiver != null) {
            finish();
            share.close();
            receiver.fail(failure);
        }
    }

    /** The subscriber has cancelled. */
    private void leave() {
        if (emitter != null) {
            finish();
            share.close();
        }
    }

    private void refuse(ApiException refusal) {
        stopReading(request, context);
        fail(refusal);
    }

    /** Drops further bytes for a moment, so that the sender gets to read the response, then ends the connection. */
    static void stopReading(HttpServerRequest request, Context context) {
        request.handler(dropped -> {});
        request.resume();
        if (request.version() == HttpVersion.HTTP_2) {
            after(context, () -> request.response().reset(0));
        } else {
            request.response().putHeader(HttpHeaders.CONNECTION, "close");
            after(context, () -> request.connection().close());
        }
    }

    private static void after(Context context, Runnable close) {
        context.owner().setTimer(CLOSE_AFTER_MILLIS, t -> close.run());
    }
}
