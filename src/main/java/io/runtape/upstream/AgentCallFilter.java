package io.runtape.upstream;

import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jboss.resteasy.reactive.client.impl.RestClientRequestContext;
import org.jboss.resteasy.reactive.client.spi.ResteasyReactiveClientRequestContext;
import org.jboss.resteasy.reactive.client.spi.ResteasyReactiveClientRequestFilter;

/**
 * Gives the outgoing request the caller's address, headers and bytes instead of the HTTP client's own. Uses the
 * client's internals to get at the request, like {@link AgentStreamFilter}.
 */
public final class AgentCallFilter implements ResteasyReactiveClientRequestFilter {

    @Override
    public void filter(ResteasyReactiveClientRequestContext context) {
        AgentCall call = (AgentCall) context.getEntity();
        context.setUri(call.origin());
        MultivaluedMap<String, Object> headers = context.getHeaders();
        headers.clear();
        // This view copies the given values, so it takes only whole lists.
        byName(call).forEach(headers::put);
        RestClientRequestContext clients = context.unwrap(RestClientRequestContext.class);
        context.setEntity(call.by(clients::getHttpClientRequest), null, MediaType.APPLICATION_OCTET_STREAM_TYPE);
        call.gate().at(AgentStreamFilter.requestOf(context));
    }

    private static Map<String, List<Object>> byName(AgentCall call) {
        Map<String, List<Object>> lists = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (Map.Entry<String, String> header : call.headers()) {
            lists.computeIfAbsent(header.getKey(), name -> new ArrayList<>()).add(header.getValue());
        }
        return lists;
    }
}
