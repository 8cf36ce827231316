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
 * Replaces the client's own stream, which blocks and has a fixed time-out, by an {@link AgentStream}. Uses the client's
 * internals; tests check what it relies on.
 */
public final class AgentStreamFilter implements PreservesThreadClientResponseFilter {

    @Override
    public void filter(ClientRequestContext request, ClientResponseContext response) {
        RestClientRequestContext internals = internals((ResteasyReactiveClientRequestContext) request);
        @Nullable HttpClientResponse raw = internals.getVertxClientResponse();
        if (raw == null) {
            // The client also calls its filters for failed calls.
            return;
        }
        ResponseGate gate = ((AgentCall) request.getEntity()).gate();
        response.setEntityStream(AgentStream.takeOver(raw, response.getEntityStream(), gate));
    }

    /** The client's request for a call, once there is a connection. */
    static Supplier<HttpClientRequest> requestOf(ResteasyReactiveClientRequestContext call) {
        return internals(call)::getHttpClientRequest;
    }

    private static RestClientRequestContext internals(ResteasyReactiveClientRequestContext call) {
        return call.unwrap(RestClientRequestContext.class);
    }
}
