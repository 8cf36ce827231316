package io.runtape.upstream;

import io.vertx.core.http.HttpClientRequest;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * One call of the agent API, ready to send.
 *
 * @param origin scheme, host and port
 * @param target path and query to send, which need not be valid in a URI
 * @param headers the end-to-end headers, with {@code Content-Type} if the caller sent it
 * @param body the body, byte for byte; handed out for sending
 * @param gate the gate for its response
 * @param request the HTTP client's request, once it has made one for this call
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

    /** The same call with the HTTP client's request. */
    AgentCall by(Supplier<HttpClientRequest> made) {
        return new AgentCall(origin, target, headers, body, gate, made);
    }

    /** Without headers and body, which must not reach a log. */
    @Override
    public String toString() {
        return "AgentCall[hidden]";
    }
}
