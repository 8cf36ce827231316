package io.runtape.history;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A thread in JSON (contract, section 7). */
record ThreadView(
        String id,
        @Nullable String title,
        @Nullable String agent,
        boolean archived,
        Instant createdAt,
        Instant updatedAt,
        long runCount,
        long eventCount,
        @Nullable String lastRunStatus) {}
