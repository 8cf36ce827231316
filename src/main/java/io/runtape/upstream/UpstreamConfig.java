package io.runtape.upstream;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/**
 * Where the agent API is, how it is reached, and how long its silence is borne; of recorded calls and of forwarded ones alike.
 */
@ConfigMapping(prefix = "runtape.upstream")
public interface UpstreamConfig {

    /** How long a connection may take where nothing is set. */
    String CONNECT_TIMEOUT = "15s";

    /**
     * The agent API's origin and an optional prefix, such as {@code https://api.example.com/agents}; the path of each call
     * is appended. Unset: the built-in demo agent answers.
     */
    Optional<String> url();

    /** How long it may take until a connection is there, 100 ms to 10 minutes; past it the caller gets 502. */
    @WithDefault(CONNECT_TIMEOUT)
    Duration connectTimeout();

    /**
     * A PEM file with the certificates of the authorities that are trusted over TLS, instead of those that the JVM knows.
     * Read again every minute.
     */
    Optional<String> caFile();

    /** A PEM file with the certificate that the gateway shows over TLS, its own first. Read again every minute. */
    Optional<String> clientCertificateFile();

    /** A PEM file with the key of the client certificate, not encrypted. Read again every minute. */
    Optional<String> clientKeyFile();

    /** The HTTP proxy that all calls go through, such as {@code http://user:password@proxy.example.com:3128}. */
    Optional<String> proxy();

    /**
     * How long the head of a response may take; past it the caller gets 504 and the run fails with upstream_timeout. Unset:
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
