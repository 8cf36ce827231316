package io.runtape.proxy;

import io.runtape.error.ApiException;
import io.runtape.error.ErrorCode;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/** Reads the body of a recorded call, up to the limit. Confined to the event loop of the request. */
final class IncomingBody {

    /** Time for the refusal to go out before the connection is closed under a body that is not read. */
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
        request.exceptionHandler(e -> emitter.fail(ApiException.invalid("The body did not arrive whole.")));
        request.resume();
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
        // What is still on its way is not read, so the connection can carry no other request.
        request.response().putHeader(HttpHeaders.CONNECTION, "close");
        Vertx.currentContext()
                .owner()
                .setTimer(CLOSE_AFTER_MILLIS, t -> request.connection().close());
        emitter.fail(ApiException.of(
                ErrorCode.BODY_TOO_LARGE, "The body is over the limit of " + bytesMax + " bytes (RUNTAPE_MAX_BODY)."));
    }
}
