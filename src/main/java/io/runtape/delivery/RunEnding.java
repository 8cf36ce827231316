package io.runtape.delivery;

import io.runtape.sse.SseWriter;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended, as its readers see it.
 *
 * @param runId the run's public id
 * @param status the label of its status
 * @param reason the label of its reason
 * @param lastSequence the sequence of its last frame, 0 if it has none
 * @param cut whether the response broke off
 */
record RunEnding(String runId, String status, @Nullable String reason, long lastSequence, boolean cut) {

    /**
     * The event that tells the ending to a reader with ids (docs/reference/http-api.md, "Tail and resume").
     *
     * @param idBase added to a sequence, gives the id
     */
    Buffer event(long idBase) {
        JsonObject data = new JsonObject()
                .put("runId", runId)
                .put("status", status)
                .put("reason", reason)
                .put("lastSequence", lastSequence);
        return Buffer.buffer(SseWriter.event("runtape.end", Long.toString(idBase + lastSequence), data.encode()));
    }
}
