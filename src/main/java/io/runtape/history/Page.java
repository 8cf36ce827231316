package io.runtape.history;

import io.runtape.error.RequestId;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The answer that holds a part of a listing.
 *
 * @param data the items, in the listing's order
 * @param meta whether and how it goes on
 */
record Page<T>(List<T> data, Meta meta) {

    /**
     * How a listing goes on.
     *
     * @param hasMore whether items follow
     * @param nextCursor the {@code cursor} of the next page; null where no items follow
     * @param requestId names the request in the log
     */
    @Schema(name = "PageMeta")
    record Meta(boolean hasMore, @Nullable String nextCursor, String requestId) {}

    static <T> Page<T> of(List<T> data, @Nullable String nextCursor, RoutingContext context) {
        return new Page<>(data, new Meta(nextCursor != null, nextCursor, RequestId.of(context)));
    }
}
