package io.runtape.relay;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Within which bounds the gateway records calls. */
@ConfigMapping(prefix = "runtape")
public interface RelayConfig {

    /** The largest body of a recorded call; above it the caller gets 413. Held in memory while the call begins. */
    @WithDefault("16M")
    MemorySize maxBody();

    /**
     * The largest frame; a longer one is stored and relayed in parts. Each live run may hold an unfinished frame of
     * this size in memory.
     */
    @WithDefault("8M")
    MemorySize maxFrame();

    /**
     * How long bytes may wait for the blank line that ends their frame before they are stored and relayed as a part.
     * Lower it if an agent keeps its connection alive with lines that no blank line follows.
     */
    @WithDefault("1s")
    Duration partialFlush();

    /**
     * How long a run whose caller asked to cancel it on disconnect waits for a reader to come back, once its client is gone.
     */
    @WithDefault("5s")
    Duration disconnectGrace();

    /**
     * How long an Idempotency-Key is remembered, by the database's clock, from the beginning of its run. A call with a
     * forgotten key begins a run. Raise it if callers retry for longer than a day.
     */
    @WithDefault("24h")
    Duration idempotencyTtl();

    /**
     * Other request headers that are taken for the Idempotency-Key of a recorded call that has none, for clients that
     * cannot send that header. Each must be the same in all attempts of one call.
     */
    Optional<List<String>> idempotencyHeaders();
}
