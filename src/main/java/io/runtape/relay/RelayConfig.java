package io.runtape.relay;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;

/** Which calls are recorded, and within which bounds. */
@ConfigMapping(prefix = "runtape")
public interface RelayConfig {

    /**
     * The paths under /v1 whose POST calls are recorded; {@code {agent}} stands for one segment and names the agent. Name any
     * path that is posted JSON and answers an event stream or JSON.
     */
    @WithDefault("/v1/run,/v1/agents/{agent}/run")
    List<String> recordPaths();

    /** The largest body of a recorded call; above it the caller gets 413. Held in memory while the call begins. */
    @WithDefault("16M")
    MemorySize maxBody();

    /**
     * The largest frame; what grows past it is stored and relayed in parts. Each live run may hold an unfinished frame of
     * this size in memory.
     */
    @WithDefault("8M")
    MemorySize maxFrame();

    /**
     * How long bytes may wait for the blank line that ends their frame before they are stored and relayed as a part. Lower
     * it where an agent keeps its connection alive with lines that no blank line follows.
     */
    @WithDefault("1s")
    Duration partialFlush();

    /**
     * How long a run whose caller asked to cancel it on disconnect waits for a reader to come back, once its client is gone.
     */
    @WithDefault("5s")
    Duration disconnectGrace();

    /**
     * How long an Idempotency-Key is remembered, by the database's clock, from when its run begins. A call with a key that is
     * no longer remembered begins a run. Raise it where callers try again for longer than a day.
     */
    @WithDefault("24h")
    Duration idempotencyTtl();
}
