package io.runtape.history;

import io.runtape.error.RequestId;
import io.runtape.server.memory.ReadOnceList;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A response with a part of a listing.
 *
 * @param data the items, in the listing's order
 * @param meta whether the listing goes on, and how to get more
 */
@Schema(requiredProperties = {"data", "meta"})
public record Page<T>(List<T> data, Meta meta) {

    /**
     * How a listing goes on.
     *
     * @param hasMore whether items follow
     * @param nextCursor the {@code cursor} of the next page; null if no items follow
     * @param requestId names the request in the log
     */
    @Schema(
            name = "PageMeta",
            description = "How a listing goes on.",
            requiredProperties = {"hasMore", "nextCursor", "requestId"})
    record Meta(
            @Schema(description = "Whether items follow.") boolean hasMore,

            @Schema(nullable = true, description = "The cursor of the next page; null where no items follow.") @Nullable
            String nextCursor,

            @Schema(description = "Names the request in the gateway's log.")
            String requestId) {}

    /** Makes the response to this request. */
    public static <T> Page<T> of(List<T> data, @Nullable String nextCursor, RoutingContext context) {
        return new Page<>(ReadOnceList.of(data), new Meta(nextCursor != null, nextCursor, RequestId.of(context)));
    }
}
