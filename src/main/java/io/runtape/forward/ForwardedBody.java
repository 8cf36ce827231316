package io.runtape.forward;

import io.runtape.upstream.ForwardingClient;
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
 * The body of a forwarded call, if it has one. The head of an HTTP/1 request says whether it does. Over HTTP/2 that may
 * be known only when bytes or the end come. Confined to the event loop of the call.
 */
final class ForwardedBody {

    private final HttpServerRequest request;
    private final boolean present;
    /** The first buffer, read to find out; null if that was not necessary. */
    private final @Nullable Buffer first;

    private ForwardedBody(HttpServerRequest request, boolean present, @Nullable Buffer first) {
        this.request = request;
        this.present = present;
        this.first = first;
    }

    /**
     * The body of a paused request. Completes when it is known whether there is one; fails if the request breaks off.
     */
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

    /** Completes when the whole body has come in, at once if there is none. */
    Future<Void> whole() {
        return present ? request.end() : Future.succeededFuture();
    }

    /** Sends the request with this body, if there is one. */
    Future<HttpClientResponse> sendBy(HttpClientRequest out) {
        if (!present) {
            return out.send();
        }
        if (!out.headers().contains(HttpHeaders.CONTENT_LENGTH)) {
            out.setChunked(true);
        }
        if (first != null) {
            out.write(first);
        }
        // A body that breaks off must not look whole to the agent API.
        request.pipe().endOnFailure(false).to(out).onFailure(e -> ForwardingClient.giveUp(out));
        return out.response();
    }
}
