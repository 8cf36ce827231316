package io.runtape.proxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.runtape.upstream.AgentAnswer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The ids that the agent API gives a run and its thread: in headers, else in {@code data} of a JSON answer.
 *
 * @param runId the run's id there, cut to 200 characters
 * @param threadId the thread, where it is fit to be one
 */
record AnswerIds(@Nullable String runId, @Nullable String threadId) {

    private static final ObjectMapper JSON = new ObjectMapper();

    static AnswerIds inHeaders(AgentAnswer answer) {
        return of(answer.header("X-Run-ID"), answer.header("X-Thread-ID"));
    }

    private static AnswerIds of(@Nullable String runId, @Nullable String threadId) {
        return new AnswerIds(
                runId == null || runId.isBlank() ? null : Asked.cut(runId),
                OwnHeaders.isFitId(threadId) ? threadId : null);
    }

    /** These ids, completed by those in a JSON body. */
    AnswerIds orInBody(byte[] body) {
        JsonNode data;
        try {
            data = JSON.readTree(body).path("data");
        } catch (IOException e) {
            return this;
        }
        AnswerIds named =
                of(data.path("runId").textValue(), data.path("threadId").textValue());
        return new AnswerIds(runId == null ? named.runId : runId, threadId == null ? named.threadId : threadId);
    }

    /** Whether only the body can name what the headers do not. */
    boolean waitForBody(AgentAnswer answer) {
        boolean json = answer.mediaType().equals("application/json")
                || answer.mediaType().endsWith("+json");
        return json && (runId == null || threadId == null);
    }
}
