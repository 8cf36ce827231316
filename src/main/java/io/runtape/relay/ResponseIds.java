package io.runtape.relay;

import io.runtape.path.PathSegment;
import io.runtape.run.ChosenId;
import io.runtape.run.UpstreamRunId;
import io.runtape.upstream.AgentResponse;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The agent API's ids of a run and its thread, from headers, else from {@code data} of a JSON response.
 *
 * @param runId the agent API's id of the run, as it is {@linkplain UpstreamRunId kept}
 * @param threadId the thread, if the id is acceptable
 */
record ResponseIds(@Nullable String runId, @Nullable String threadId) {

    /** Where a LangGraph server says that the run is: {@code /threads/{threadId}/runs/{runId}}, or without the thread. */
    private static final Pattern RUN = Pattern.compile("(?:/threads/([^/?#]+))?/runs/([^/?#]+)$");

    static ResponseIds inHeaders(AgentResponse response) {
        ResponseIds named = of(response.header("X-Run-ID"), response.header("X-Thread-ID"));
        Matcher location = RUN.matcher(Objects.requireNonNullElse(response.header("Content-Location"), ""));
        return location.find() ? named.or(of(decoded(location.group(2)), decoded(location.group(1)))) : named;
    }

    private static @Nullable String decoded(@Nullable String segment) {
        return segment == null ? null : PathSegment.decoded(segment);
    }

    /** The ids of a response, as far as they are acceptable. */
    static ResponseIds of(@Nullable String runId, @Nullable String threadId) {
        return new ResponseIds(
                runId == null || runId.isBlank() ? null : RunRequest.cut(UpstreamRunId.kept(runId)),
                ChosenId.isFit(threadId) ? threadId : null);
    }

    /** These ids, completed by those found elsewhere. */
    ResponseIds or(ResponseIds others) {
        return new ResponseIds(runId == null ? others.runId : runId, threadId == null ? others.threadId : threadId);
    }

    /** Whether an id is missing that only the body can have. */
    boolean waitForBody(AgentResponse response) {
        boolean json = response.mediaType().equals("application/json")
                || response.mediaType().endsWith("+json");
        return json && (runId == null || threadId == null);
    }
}
