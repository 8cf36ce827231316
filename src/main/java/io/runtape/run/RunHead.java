package io.runtape.run;

import org.jspecify.annotations.Nullable;

/**
 * What the head of the agent API's response adds to a run; durable before the head is sent on.
 *
 * @param threadId the thread, now settled
 * @param upstreamStatus the response's status; null if no response came
 * @param upstreamRunId the run's id at the agent API, as it is {@linkplain UpstreamRunId kept}
 * @param responseHeaders the response's end-to-end headers as a JSON list of name and value pairs
 * @param stream whether the response is an event stream
 * @param offsetMicros when it came, in microseconds after the call; null if no response came
 */
public record RunHead(
        String threadId,
        @Nullable Integer upstreamStatus,
        @Nullable String upstreamRunId,
        @Nullable String responseHeaders,
        boolean stream,
        @Nullable Long offsetMicros) {

    /** Of a run that ends without a response, and still belongs to a thread. */
    public static RunHead none(String threadId, boolean stream) {
        return new RunHead(threadId, null, null, null, stream, null);
    }
}
