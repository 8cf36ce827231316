package io.runtape.proxy;

import io.vertx.core.http.HttpServerRequest;

/**
 * The target of a request as it is sent on. Only path and query go to the agent API: what else a target may hold would
 * otherwise be glued to the agent API's origin and choose another host.
 */
final class RequestTarget {

    private RequestTarget() {}

    /** Whether the target is in origin-form or absolute-form (RFC 9112, section 3.2), as that of every call must be. */
    static boolean isFit(HttpServerRequest request) {
        String target = request.uri();
        return target.startsWith("/") || target.startsWith("http://") || target.startsWith("https://");
    }

    /** Path and query, as the caller sent them. */
    static String originForm(HttpServerRequest request) {
        return request.query() == null ? request.path() : request.path() + '?' + request.query();
    }
}
