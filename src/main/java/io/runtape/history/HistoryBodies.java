package io.runtape.history;

import io.runtape.server.body.IncomingBody;
import io.runtape.server.memory.MemoryBudgets;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;

/**
 * Reads the bodies of requests to the history before a request gets a worker thread: an incomplete body would block
 * that thread. Safe for any event loop.
 */
@Singleton
public final class HistoryBodies {

    /** A few times the longest value, which is a thread's title with every character escaped. */
    private static final int BYTES_MAX = 64 << 10;

    private final MemoryBudgets memory;

    HistoryBodies(MemoryBudgets memory) {
        this.memory = memory;
    }

    /**
     * Reads the body of the request. No other code may read it first: over HTTP/2 the framework takes no request that
     * has been read. Subscribe on the request's event loop, as soon as the request comes in. The result fails as {@link
     * IncomingBody#read} does.
     */
    public Uni<byte[]> of(RoutingContext context) {
        return IncomingBody.read(context.request(), BYTES_MAX, "", memory.bodies())
                .map(body -> {
                    context.addEndHandler(ended -> body.share().close());
                    return body.bytes();
                });
    }
}
