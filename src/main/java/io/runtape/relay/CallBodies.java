package io.runtape.relay;

import io.runtape.server.body.IncomingBody;
import io.runtape.server.body.ReceivedBody;
import io.runtape.server.memory.MemoryBudgets;
import io.runtape.upstream.Upstream;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;

/** Reads the bodies of calls, up to what their agent API allows. Safe for any event loop. */
@Singleton
public final class CallBodies {

    private final RelayConfig config;
    private final MemoryBudgets memory;

    CallBodies(RelayConfig config, MemoryBudgets memory) {
        this.config = config;
        this.memory = memory;
    }

    /** The whole body; see {@link IncomingBody#read}. Subscribe on the request's event loop, as soon as it comes in. */
    public Uni<ReceivedBody> read(HttpServerRequest request, Upstream upstream) {
        long max = upstream.bodyMax().orElse(config.maxBody()).asLongValue();
        String setting = upstream.bodyMax().isPresent() ? upstream.setting("MAX_BODY") : "RUNTAPE_MAX_BODY";
        return IncomingBody.read(request, max, " (" + setting + ")", memory.bodies());
    }
}
