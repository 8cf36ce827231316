package io.runtape.error;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;

/**
 * Answers with the error envelope outside of JAX-RS, where the response is written by hand. Call it on the event loop of the
 * request.
 */
public final class ErrorReply {
    /** RFC 9113, section 7: without it the reset would mean that nothing is wrong. */
    private static final long HTTP2_INTERNAL_ERROR = 2;

    private ErrorReply() {}

    /**
     * Ends the response with the envelope. Once a head is out no other status can be sent, so the response is cut instead:
     * the client sees that it is not whole. An ended response is left alone.
     */
    public static void write(RoutingContext context, ErrorCode code, String message) {
        write(context, code, message, Map.of());
    }

    /** The same, with the code, message and headers of the exception. */
    public static void write(RoutingContext context, ApiException failure) {
        write(context, failure.code(), failure.message(), failure.headers());
    }

    /**
     * Breaks the response off, so that the client sees that it is not whole; what was written still goes out. Over HTTP/1 the
     * connection is closed, and not by the response's own reset: that tells no handler of the response, and the server's
     * shutdown would wait for this request until its time-out.
     */
    public static void cut(RoutingContext context) {
        if (context.request().version() == HttpVersion.HTTP_2) {
            context.response().reset(HTTP2_INTERNAL_ERROR);
        } else {
            context.request().connection().close();
        }
    }

    /**
     * The same at once, with what was written and not sent: for a client that takes nothing, for which {@link #cut} would wait.
     * Safe for any thread.
     */
    public static void abort(RoutingContext context) {
        if (context.request().version() == HttpVersion.HTTP_2) {
            context.response().reset(HTTP2_INTERNAL_ERROR);
        } else {
            ((ConnectionBase) context.request().connection()).channel().close();
        }
    }

    static void write(RoutingContext context, ErrorCode code, String message, Map<String, String> headers) {
        HttpServerResponse response = context.response();
        if (response.ended() || response.closed()) {
            return;
        }
        if (response.headWritten()) {
            cut(context);
            return;
        }
        String requestId = RequestId.tell(context);
        response.setStatusCode(code.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        headers.forEach(response::putHeader);
        response.end(ErrorBody.of(code, message, requestId).json());
    }
}
