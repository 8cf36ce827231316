package io.runtape.error;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers with the error envelope outside JAX-RS. Call it on the event loop of the request. */
public final class ErrorReply {
    /** RFC 9113, section 7: without this code the reset would mean that nothing is wrong. */
    private static final long HTTP2_INTERNAL_ERROR = 2;

    /** What a caller is told of a fault of the gateway. */
    static final String FAULT = "Something went wrong on our side. The log has it under the request id.";

    private ErrorReply() {}

    /**
     * Ends the response with the envelope. Once the head is out, no other status is possible, so the gateway cuts the
     * response: the client sees that it is incomplete. An ended response stays as it is.
     */
    public static void write(RoutingContext context, ErrorCode code, String message) {
        write(context, code, message, Map.of());
    }

    /** The same, with the code, message and headers of the exception. */
    public static void write(RoutingContext context, ApiException failure) {
        write(context, failure.code(), failure.message(), failure.headers());
    }

    /** Refuses a call for a fault of the gateway, which goes to the log if it is known. */
    public static void fault(RoutingContext context, @Nullable Throwable failure) {
        if (failure != null) {
            ApiExceptionMapper.log(failure, context);
        }
        write(context, ErrorCode.INTERNAL_ERROR, FAULT);
    }

    /**
     * A fault of the gateway, which goes to the log, as a caller is told of it whose response has a head already, without the
     * request id.
     */
    public static ApiException faultOf(RoutingContext context, Throwable failure) {
        ApiExceptionMapper.log(failure, context);
        return ApiException.of(
                ErrorCode.INTERNAL_ERROR,
                "Something went wrong on our side. The log has it under the request id " + RequestId.of(context) + ".");
    }

    /**
     * Breaks the response off, so that the client sees that it is incomplete; written bytes still go out. Over HTTP/1
     * this closes the connection and does not use the response's own reset, which notifies no handler of the response:
     * the server's shutdown would wait for this request until its time-out.
     */
    public static void cut(RoutingContext context) {
        if (context.request().version() == HttpVersion.HTTP_2) {
            context.response().reset(HTTP2_INTERNAL_ERROR);
        } else {
            context.request().connection().close();
        }
    }

    /**
     * The same at once, dropping written bytes that are not sent: for a client that takes nothing, for which
     * {@link #cut} would wait. Safe for any thread.
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
