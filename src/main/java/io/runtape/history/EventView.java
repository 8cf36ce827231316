package io.runtape.history;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.math.BigDecimal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A frame in JSON (contract, section 3). */
record EventView(
        long sequence,
        String kind,
        String runId,
        String threadId,
        @Nullable String type,
        @Nullable String event,
        @Nullable String data,
        @Nullable String lastEventId,
        @Nullable JsonText payload,
        Instant createdAt,
        BigDecimal offsetMs,
        int bytes,
        @JsonInclude(JsonInclude.Include.NON_NULL) byte @Nullable [] raw,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Boolean truncated) {

    /** Characters that it holds, about: what it costs to keep and to write. */
    long weight() {
        return bytes + (data == null ? 0 : data.length()) + (raw == null ? 0 : raw.length);
    }
}
