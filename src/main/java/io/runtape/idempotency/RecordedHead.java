package io.runtape.idempotency;

import io.runtape.run.RunReason;
import org.jspecify.annotations.Nullable;

/**
 * The durable head of a recorded response.
 *
 * @param runId the run's id
 * @param threadId its thread
 * @param status the response's status; null if the run ended without a response
 * @param headers the response's stored end-to-end headers, a JSON list of name and value pairs
 * @param stream whether the response is an event stream
 * @param reason why the run ended without a response; null if it has one
 * @param sent for a run without a response, whether the agent API may have got the call
 */
public record RecordedHead(
        String runId,
        String threadId,
        @Nullable Integer status,
        @Nullable String headers,
        boolean stream,
        @Nullable RunReason reason,
        boolean sent) {}
