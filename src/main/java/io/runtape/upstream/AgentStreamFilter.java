package io.runtape.upstream;

import io.vertx.core.http.HttpClientResponse;
import jakarta.ws.rs.client.ClientRequestContext;
import jakarta.ws.rs.client.ClientResponseContext;
import org.jboss.resteasy.reactive.client.impl.PreservesThreadClientResponseFilter;
import org.jboss.resteasy.reactive.client.impl.RestClientRequestContext;
import org.jboss.resteasy.reactive.client.spi.ResteasyReactiveClientRequestContext;

/**
 * Puts an {@link AgentStream} in the place of the client's own stream, which blocks and has a time-out that cannot be set.
 * Uses the client's internals: tests hold what it relies on.
 */
public final class AgentStreamFilter implements PreservesThreadClientResponseFilter {

    @Override
    public void filter(ClientRequestContext request, ClientResponseContext answer) {
        HttpClientResponse response = ((ResteasyReactiveClientRequestContext) request)
                .unwrap(RestClientRequestContext.class)
                .getVertxClientResponse();
        answer.setEntityStream(AgentStream.takeOver(response, answer.getEntityStream()));
    }
}
