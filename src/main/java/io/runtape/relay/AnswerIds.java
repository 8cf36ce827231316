package io.runtape.relay;

import io.runtape.upstream.AgentAnswer;
import org.jspecify.annotations.Nullable;

/**
 * The ids that the agent API gives a run and its thread: in headers, else in {@code data} of a JSON answer.
 *
 * @param runId the run's id there, cut to 200 characters
 * @param threadId the thread, where it is fit to be one
 */
record AnswerIds(@Nullable String runId, @Nullable String threadId) {

    static AnswerIds inHeaders(AgentAnswer answer) {
        return of(answer.header("X-Run-ID"), answer.header("X-Thread-ID"));
    }

    /** The ids as an answer names them, as far as they are fit. */
    static AnswerIds of(@Nullable String runId, @Nullable String threadId) {
        return new AnswerIds(
                runId == null || runId.isBlank() ? null : RunRequest.cut(runId),
                OwnHeaders.isFitId(threadId) ? threadId : null);
    }

    /** These ids, completed by those found elsewhere. */
    AnswerIds or(AnswerIds others) {
        return new AnswerIds(runId == null ? others.runId : runId, threadId == null ? others.threadId : threadId);
    }

    /** Whether only the body can name what the headers do not. */
    boolean waitForBody(AgentAnswer answer) {
        boolean json = answer.mediaType().equals("application/json")
                || answer.mediaType().endsWith("+json");
        return json && (runId == null || threadId == null);
    }
}
