package io.runtape.proxy;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import org.jspecify.annotations.Nullable;

/** Reads the body of a recorded call, up to the limit. Confined to the event loop of the request. */
final class IncomingBody {

    /** RFC 9113, section 8.1: the answer is whole, and the rest of the request is not wanted. */
    private static final long HTTP2_NO_ERROR = 0;

    /** Time for the refusal to go out before connection or stream is closed under a body that is not read. */
    private static final long CLOSE_AFTER_MILLIS = 1000;

    private final HttpServerRequest request;
    private final long bytesMax;
    private final UniEmitter<? super byte[]> emitter;
    private final Buffer read = Buffer.buffer();
    private boolean refused;

    private IncomingBody(HttpServerRequest request, long bytesMax, UniEmitter<? super byte[]> emitter) {
        this.request = request;
        this.bytesMax = bytesMax;
        this.emitter = emitter;
    }

    /** The whole body; fails with 413 where it is longer than the limit. Must be subscribed to as the request comes in. */
    static Uni<byte[]> read(HttpServerRequest request, long bytesMax) {
        return Uni.createFrom().emitter(emitter -> new IncomingBody(request, bytesMax, emitter).begin());
    }

    private void begin() {
        if (stated(request.getHeader(HttpHeaders.CONTENT_LENGTH)) > bytesMax) {
            refuse();
            return;
        }
        request.handler(this::chunk);
        request.endHandler(v -> {
            if (!refused) {
                emitter.complete(read.getBytes());
            }
        });
        request.exceptionHandler(this::broken);
        request.resume();
    }

    /**
     * A stream that its client has reset wants no answer: one would find it closed, and the framework closes the connection,
     * with all that it carries, under an answer that it cannot write.
     */
    private void broken(Throwable cause) {
        if (!(cause instanceof StreamResetException)) {
            emitter.fail(ApiException.invalid("The body did not arrive whole."));
        }
    }

    private static long stated(@Nullable String length) {
        try {
            return length == null ? 0 : Long.parseLong(length);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private void chunk(Buffer more) {
        if (refused) {
            return;
        }
        if (read.length() + more.length() > bytesMax) {
            refuse();
        } else {
            read.appendBuffer(more);
        }
    }

    private void refuse() {
        refused = true;
        if (request.version() == HttpVersion.HTTP_2) {
            // The connection carries other calls, and what is still on its way of this one takes their window: it is
            // dropped as it comes.
            request.handler(dropped -> {});
            request.resume();
            closeSoon(() -> request.response().reset(HTTP2_NO_ERROR));
        } else {
            // What is still on its way is not read, so the connection can carry no other request.
            request.response().putHeader(HttpHeaders.CONNECTION, "close");
            closeSoon(() -> request.connection().close());
        }
        emitter.fail(ApiException.of(
                ErrorCode.BODY_TOO_LARGE, "The body is over the limit of " + bytesMax + " bytes (RUNTAPE_MAX_BODY)."));
    }

    private static void closeSoon(Runnable closing) {
        Vertx.currentContext().owner().setTimer(CLOSE_AFTER_MILLIS, t -> closing.run());
    }
}
