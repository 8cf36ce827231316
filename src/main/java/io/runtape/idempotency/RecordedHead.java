package io.runtape.idempotency;

import io.runtape.run.RunReason;
import org.jspecify.annotations.Nullable;

/**
 * The head of a recorded response, which is durable.
 *
 * @param runId the run's id
 * @param threadId its thread
 * @param status the response's status; null where the run ended without a response
 * @param headers the response's end-to-end headers as they are stored, a JSON list of name and value pairs
 * @param stream whether the response is an event stream
 * @param reason why the run ended without a response; null where there is one
 * @param sent of a run without a response, whether the agent API may have got the call
 */
public record RecordedHead(
        String runId,
        String threadId,
        @Nullable Integer status,
        @Nullable String headers,
        boolean stream,
        @Nullable RunReason reason,
        boolean sent) {}
