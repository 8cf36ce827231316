package io.runtape.upstream;

import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import jakarta.ws.rs.client.ClientRequestContext;
import jakarta.ws.rs.client.ClientResponseContext;
import java.util.function.Supplier;
import org.jboss.resteasy.reactive.client.impl.PreservesThreadClientResponseFilter;
import org.jboss.resteasy.reactive.client.impl.RestClientRequestContext;
import org.jboss.resteasy.reactive.client.spi.ResteasyReactiveClientRequestContext;
import org.jspecify.annotations.Nullable;

/**
 * Puts an {@link AgentStream} in the place of the client's own stream, which blocks and has a time-out that cannot be set.
 * Uses the client's internals: tests hold what it relies on.
 */
public final class AgentStreamFilter implements PreservesThreadClientResponseFilter {

    @Override
    public void filter(ClientRequestContext request, ClientResponseContext response) {
        RestClientRequestContext internals = internals((ResteasyReactiveClientRequestContext) request);
        @Nullable HttpClientResponse raw = internals.getVertxClientResponse();
        if (raw == null) {
            // The client asks its filters about calls that failed, too.
            return;
        }
        ResponseGate gate = ((AgentCall) request.getEntity()).gate();
        response.setEntityStream(AgentStream.takeOver(raw, response.getEntityStream(), gate));
    }

    /** The request that a call goes out by, once there is a connection. */
    static Supplier<HttpClientRequest> requestOf(ResteasyReactiveClientRequestContext call) {
        return internals(call)::getHttpClientRequest;
    }

    private static RestClientRequestContext internals(ResteasyReactiveClientRequestContext call) {
        return call.unwrap(RestClientRequestContext.class);
    }
}
