package io.runtape.relay;

import io.runtape.upstream.AgentResponse;
import org.jspecify.annotations.Nullable;

/**
 * The ids that the agent API gives a run and its thread: in headers, else in {@code data} of a JSON response.
 *
 * @param runId the run's id there, cut to 200 characters
 * @param threadId the thread, where it is fit to be one
 */
record ResponseIds(@Nullable String runId, @Nullable String threadId) {

    static ResponseIds inHeaders(AgentResponse response) {
        return of(response.header("X-Run-ID"), response.header("X-Thread-ID"));
    }

    /** The ids as a response names them, as far as they are fit. */
    static ResponseIds of(@Nullable String runId, @Nullable String threadId) {
        return new ResponseIds(
                runId == null || runId.isBlank() ? null : RunRequest.cut(runId),
                OwnHeaders.isFitId(threadId) ? threadId : null);
    }

    /** These ids, completed by those found elsewhere. */
    ResponseIds or(ResponseIds others) {
        return new ResponseIds(runId == null ? others.runId : runId, threadId == null ? others.threadId : threadId);
    }

    /** Whether only the body can name what the headers do not. */
    boolean waitForBody(AgentResponse response) {
        boolean json = response.mediaType().equals("application/json")
                || response.mediaType().endsWith("+json");
        return json && (runId == null || threadId == null);
    }
}
