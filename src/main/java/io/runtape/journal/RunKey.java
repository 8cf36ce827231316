package io.runtape.journal;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What tells a run's row from others, and its thread's. */
record RunKey(long pk, String owner, @Nullable String agent, Instant createdAt) {}
