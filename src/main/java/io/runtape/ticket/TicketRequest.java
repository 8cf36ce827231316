package io.runtape.ticket;

import com.fasterxml.jackson.databind.JsonNode;
import io.runtape.error.ApiException;
import io.runtape.history.JsonBody;
import org.jspecify.annotations.Nullable;

/**
 * A caller's request for a ticket; exactly one of the two ids is present.
 *
 * @param runId the run, by Runtape's id or the agent API's
 * @param threadId the thread
 */
record TicketRequest(@Nullable String runId, @Nullable String threadId) {

    private static final String SHAPE = "The body must be a JSON object with either runId or threadId, a string.";

    /**
     * Reads the body of a request.
     *
     * @throws ApiException 400 if it is anything but {@code {"runId"}} or {@code {"threadId"}}
     */
    static TicketRequest read(byte[] body) {
        JsonNode given = JsonBody.object(body, SHAPE);
        String runId = given.path("runId").textValue();
        String threadId = given.path("threadId").textValue();
        if (given.size() != 1 || runId == null && threadId == null) {
            throw ApiException.invalid(SHAPE);
        }
        return new TicketRequest(runId, threadId);
    }
}
