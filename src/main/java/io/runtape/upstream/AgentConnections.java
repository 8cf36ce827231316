package io.runtape.upstream;

import io.vertx.core.http.HttpClientOptions;
import jakarta.ws.rs.ext.ContextResolver;

/** How the clients of the agent API are set beyond what their configuration knows. */
public final class AgentConnections implements ContextResolver<HttpClientOptions> {

    /**
     * Bytes of an answer's headers; past them it is no answer that can be passed on. Eight times the client's own bound: agents
     * behind gateways of their own send cookies and policies of many kibibytes, and would be refused after they ran.
     */
    private static final int HEADER_BYTES_MAX = 64 << 10;

    /** Options of their own for each client, to be added to. */
    public static HttpClientOptions options() {
        return new HttpClientOptions().setMaxHeaderSize(HEADER_BYTES_MAX);
    }

    @Override
    public HttpClientOptions getContext(Class<?> type) {
        return options();
    }
}
