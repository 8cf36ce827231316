package io.runtape.upstream;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Where the agent API is, and how long its silence is borne. */
@ConfigMapping(prefix = "runtape.upstream")
public interface UpstreamConfig {

    /**
     * The agent API's origin and an optional prefix, such as {@code https://api.example.com/agents}; the path of each call
     * is appended. Unset: the built-in demo agent answers.
     */
    Optional<String> url();

    /**
     * How long the head of an answer may take; past it the caller gets 504 and the run fails with upstream_timeout. Unset:
     * 60 s for a stream, and 30 minutes where the call says {@code "stream": false}, because then the whole run passes
     * before the head comes.
     */
    Optional<Duration> timeout();

    /** How long a stream may be silent; past it the run fails with upstream_timeout and its client is cut off. */
    @WithDefault("10m")
    Duration idleTimeout();

    /**
     * The path that cancels a run at the agent API, with {@code {runId}} for the id that it gave the run. Empty: it knows no
     * such call, and its connection is closed without one.
     */
    @WithDefault("/v1/run/{runId}/cancel")
    Optional<String> cancelPath();
}
