package io.runtape.relay;

import io.netty.channel.EventLoop;
import io.runtape.dialect.Dialect;
import io.runtape.path.PathSegment;
import io.runtape.upstream.AgentClient;
import io.runtape.upstream.OutgoingBody;
import io.runtape.upstream.UpstreamConfig;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The agent API's own cancel call, made as the caller of the run would make it. Its response changes nothing here. Confined
 * to the event loop of the call.
 */
final class UpstreamCancel {

    private static final Logger LOG = Logger.getLogger(UpstreamCancel.class);

    private final RecordedCall call;
    private final AgentClient agent;
    private final EventLoop loop;

    /** @param call the call of the run */
    UpstreamCancel(RecordedCall call, AgentClient agent, EventLoop loop) {
        this.call = call;
        this.agent = agent;
        this.loop = loop;
    }

    /**
     * Asks the agent API to cancel its run. Does nothing if it has no such call, or if the call needs an id that is not
     * known.
     *
     * @param dialect the run's dialect, if it is known yet
     * @param runId the agent API's id of the run, if it has told one
     * @param threadId the agent API's own name of the thread; null if it has not told one
     */
    void send(Optional<Dialect> dialect, Optional<String> runId, @Nullable String threadId) {
        String template = template(dialect);
        if (template.isEmpty() || runId.isEmpty()) {
            return;
        }
        String path = template.replace("{runId}", PathSegment.encoded(runId.get()));
        if (path.contains("{threadId}")) {
            @Nullable String thread = threadId == null ? call.asked().threadId() : threadId;
            if (thread == null) {
                LOG.debugf("run %s has no thread to cancel it in", call.start().id());
                return;
            }
            path = path.replace("{threadId}", PathSegment.encoded(thread));
        }
        path += query(dialect);
        OutgoingBody nothing = new OutgoingBody("{}".getBytes(StandardCharsets.UTF_8), () -> {});
        agent.post(call.upstream(), path, call.headers(), nothing, true, loop)
                .subscribe()
                .with(
                        response -> response.body().abort(),
                        e -> LOG.debugf(e, "the agent API did not answer the cancel call"));
    }

    /** The operator's or the preset's path, else the dialect's, else that of RunTools; empty if there is no such call. */
    private String template(Optional<Dialect> dialect) {
        return call.upstream()
                .cancelPath()
                .or(() -> dialect.map(known -> known.paths().cancel(call.path()).orElse("")))
                .orElse(UpstreamConfig.CANCEL_PATH);
    }

    /** At a place that the dialect knows, the query of the run's call, such as Azure's version; else nothing. */
    private String query(Optional<Dialect> dialect) {
        int query = call.target().indexOf('?');
        boolean isOfDialect = call.upstream().cancelPath().isEmpty() && dialect.isPresent();
        return query < 0 || !isOfDialect ? "" : call.target().substring(query);
    }
}
