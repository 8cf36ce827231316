package io.runtape.upstream;

import io.vertx.core.http.HttpClientRequest;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * One call of the agent API, as it is to go out.
 *
 * @param origin scheme, host and port
 * @param target path and query as they are sent, which need not be fit for a URI
 * @param headers the end-to-end headers, with {@code Content-Type} where the caller sent one
 * @param body the body, byte for byte; handed out when it is sent
 * @param gate where its response comes in
 * @param request the client's own request, once it has made one of this call
 */
record AgentCall(
        URI origin,
        String target,
        List<Map.Entry<String, String>> headers,
        OutgoingBody body,
        ResponseGate gate,
        Supplier<HttpClientRequest> request) {

    static AgentCall of(
            UpstreamAddress address, String target, List<Map.Entry<String, String>> headers, OutgoingBody body) {
        return to(address.origin(), address.target(target), headers, body);
    }

    static AgentCall to(URI origin, String target, List<Map.Entry<String, String>> headers, OutgoingBody body) {
        return new AgentCall(origin, target, headers, body, new ResponseGate(), () -> {
            throw new IllegalStateException("the client has not taken the call over");
        });
    }

    /** The same, as the request that the client makes of it. */
    AgentCall by(Supplier<HttpClientRequest> made) {
        return new AgentCall(origin, target, headers, body, gate, made);
    }

    /** Headers and body are nobody's to see. */
    @Override
    public String toString() {
        return "AgentCall[hidden]";
    }
}
