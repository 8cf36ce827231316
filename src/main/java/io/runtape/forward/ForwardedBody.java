package io.runtape.forward;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * The body of a call that is passed on as it comes, if there is one. HTTP/1 says so in the head. HTTP/2 need not: there it is
 * what comes first, bytes or the end. Confined to the event loop of the call.
 */
final class ForwardedBody {

    private final HttpServerRequest request;
    private final boolean present;
    /** What had to be read to know; null where nothing had to. */
    private final @Nullable Buffer first;

    private ForwardedBody(HttpServerRequest request, boolean present, @Nullable Buffer first) {
        this.request = request;
        this.present = present;
        this.first = first;
    }

    /** The body of a request that is paused. Comes when it is known whether there is one; fails where the request breaks. */
    static Future<ForwardedBody> of(HttpServerRequest request) {
        boolean stated = request.headers().contains(HttpHeaders.CONTENT_LENGTH)
                || request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
        if (stated || request.version() != HttpVersion.HTTP_2) {
            return Future.succeededFuture(new ForwardedBody(request, stated, null));
        }
        Promise<ForwardedBody> known = Promise.promise();
        request.handler(bytes -> known.tryComplete(new ForwardedBody(request, true, bytes)));
        request.endHandler(v -> known.tryComplete(new ForwardedBody(request, false, null)));
        request.exceptionHandler(known::tryFail);
        request.fetch(1);
        return known.future();
    }

    /** Sends the request with this body, if it is one. */
    Future<HttpClientResponse> sendBy(HttpClientRequest out) {
        if (!present) {
            return out.send();
        }
        if (first == null) {
            return out.send(request);
        }
        out.setChunked(true);
        out.write(first);
        request.pipeTo(out).onFailure(e -> out.reset());
        return out.response();
    }
}
