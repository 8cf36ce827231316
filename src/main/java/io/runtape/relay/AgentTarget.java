package io.runtape.relay;

import io.runtape.error.ApiException;
import io.runtape.upstream.Upstream;
import io.runtape.upstream.Upstreams;

/**
 * The target of a call at the agent API that serves it: without the prefix of that agent API.
 *
 * @param target the target as it came
 * @param upstream the agent API
 * @param path the normalised path at the agent API: a slash if nothing follows the prefix
 */
public record AgentTarget(RequestTarget target, Upstream upstream, String path) {

    /**
     * Finds the agent API of a target.
     *
     * @throws ApiException 404 if the path belongs to none
     */
    public static AgentTarget of(RequestTarget target, Upstreams upstreams) {
        String path = target.normalised();
        Upstream upstream = upstreams.at(path).orElseThrow(() -> ApiException.notFound("path"));
        return new AgentTarget(target, upstream, upstream.without(path));
    }

    /** The same with another path of the same agent API, which is normalised. */
    public AgentTarget at(String other) {
        return new AgentTarget(target, upstream, other);
    }

    /** The target to send: path and query as they came, without the segments of the prefix. */
    public String originForm() {
        String whole = target.originForm();
        int query = whole.indexOf('?');
        int end = query < 0 ? whole.length() : query;
        int from = 0;
        for (int i = 0; i < upstream.prefix().length(); i++) {
            if (upstream.prefix().charAt(i) == '/') {
                from = whole.indexOf('/', from) + 1;
            }
        }
        int slash = upstream.prefix().isEmpty() ? 0 : whole.indexOf('/', from);
        return whole.substring(slash < 0 || slash > end ? end : slash);
    }
}
