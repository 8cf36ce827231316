package io.runtape.upstream;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;

/**
 * One call of the agent API, as it is to go out.
 *
 * @param uri the whole address
 * @param headers the end-to-end headers, with {@code Content-Type} where the caller sent one
 * @param body the body, byte for byte; handed out when it is sent
 * @param gate where its answer comes in
 */
record AgentCall(URI uri, List<Map.Entry<String, String>> headers, OutgoingBody body, AnswerGate gate) {

    /** Headers and body are nobody's to see. */
    @Override
    public String toString() {
        return "AgentCall[hidden]";
    }

    static AgentCall of(
            UpstreamAddress address, String target, List<Map.Entry<String, String>> headers, OutgoingBody body)
            throws URISyntaxException {
        return new AgentCall(address.resolve(target), headers, body, new AnswerGate());
    }
}
