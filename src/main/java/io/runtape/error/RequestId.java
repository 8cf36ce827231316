package io.runtape.error;

import io.vertx.ext.web.RoutingContext;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The id that finds a request in the log: the caller's {@code X-Request-Id} if it is acceptable, else a generated one
 * ({@code req_} and a UUIDv7). It is made on first use, since most requests on the live path never need one.
 */
public final class RequestId {
    /** The header that carries the id both ways. */
    public static final String HEADER = "X-Request-ID";

    /** The response header in which clients of agent APIs look for the id. */
    public static final String PLAIN_HEADER = "request-id";

    private static final String KEY = RequestId.class.getName();

    // The caller's id ends up in logs and headers, so it must not contain characters that could break a line or a
    // quotation.
    private static final Pattern FIT = Pattern.compile("[A-Za-z0-9._-]{1,128}");

    private RequestId() {}

    /** The id of this request; always the same one. */
    public static String of(RoutingContext context) {
        String known = context.get(KEY);
        if (known != null) {
            return known;
        }
        String id = fitOrNew(context.request().getHeader(HEADER));
        context.put(KEY, id);
        return id;
    }

    /** Adds both headers with the request's id to the response; returns the id. */
    static String tell(RoutingContext context) {
        String id = of(context);
        context.response().putHeader(HEADER, id).putHeader(PLAIN_HEADER, id);
        return id;
    }

    static String fitOrNew(@Nullable String offered) {
        return offered != null && FIT.matcher(offered).matches() ? offered : PrefixedId.next("req_");
    }
}
