package io.runtape.history;

import io.runtape.server.body.IncomingBody;
import io.runtape.server.memory.MemoryBudgets;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;

/**
 * Receives the bodies of requests to the history, before any thread is given to them: one that never comes whole would hold it.
 * Safe for any event loop.
 */
@Singleton
public final class HistoryBodies {

    /** Some times what the longest value takes, a thread's title, when all of it is escaped. */
    private static final int BYTES_MAX = 64 << 10;

    private final MemoryBudgets memory;

    HistoryBodies(MemoryBudgets memory) {
        this.memory = memory;
    }

    /**
     * The body of the request, which it must be the first to read: over HTTP/2 the framework takes no request that has been
     * read. Subscribe to it on the request's event loop, as the request comes in; it fails as {@link IncomingBody#read} does.
     */
    public Uni<byte[]> of(RoutingContext context) {
        return IncomingBody.read(context.request(), BYTES_MAX, "", memory.bodies())
                .map(body -> {
                    context.addEndHandler(ended -> body.share().close());
                    return body.bytes();
                });
    }
}
