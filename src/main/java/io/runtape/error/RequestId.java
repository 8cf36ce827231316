package io.runtape.error;

import io.vertx.ext.web.RoutingContext;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The id by which a request is found in the log: the caller's {@code X-Request-Id} where it is fit, else one of ours
 * ({@code req_} and a UUIDv7). It is made when first asked for, since most requests on the live path never need one.
 */
public final class RequestId {
    /** The header that carries the id both ways. */
    public static final String HEADER = "X-Request-ID";

    /** The header that clients of agent APIs look for it in, on answers. */
    public static final String PLAIN_HEADER = "request-id";

    private static final String KEY = RequestId.class.getName();

    // What the caller sends ends up in logs and headers, so nothing that could break a line or a quotation passes.
    private static final Pattern FIT = Pattern.compile("[A-Za-z0-9._-]{1,128}");

    private RequestId() {}

    /** The id of this request; the same one however often it is asked for. */
    public static String of(RoutingContext context) {
        String known = context.get(KEY);
        if (known != null) {
            return known;
        }
        String id = fitOrNew(context.request().getHeader(HEADER));
        context.put(KEY, id);
        return id;
    }

    /** Has the response name its request, by both headers; returns the id. */
    static String tell(RoutingContext context) {
        String id = of(context);
        context.response().putHeader(HEADER, id).putHeader(PLAIN_HEADER, id);
        return id;
    }

    static String fitOrNew(@Nullable String offered) {
        return offered != null && FIT.matcher(offered).matches() ? offered : PrefixedId.next("req_");
    }
}
