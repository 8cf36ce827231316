package io.runtape.upstream;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/**
 * {@code RUNTAPE_UPSTREAM_…}: where the agent API without a prefix is, how the gateway reaches all agent APIs, and how long
 * they may be silent where they have no {@linkplain NamedUpstreamsConfig setting of their own}; for recorded and forwarded
 * calls alike.
 */
@ConfigMapping(prefix = "runtape.upstream")
public interface UpstreamConfig {

    /** How long a connection may take by default. */
    String CONNECT_TIMEOUT = "15s";

    /** RunTools' cancel call. */
    String CANCEL_PATH = "/v1/run/{runId}/cancel";

    /**
     * The agent API's origin and an optional prefix, such as {@code https://api.example.com/agents}; the path of each call
     * is appended. Unset: the built-in demo agent answers.
     */
    Optional<String> url();

    /** How long connecting may take, 100 ms to 10 minutes; past it the caller gets 502. */
    @WithDefault(CONNECT_TIMEOUT)
    Duration connectTimeout();

    /**
     * A PEM file with the certificates of the authorities that the gateway trusts over TLS, instead of those that the
     * JVM knows. Read again every minute.
     */
    Optional<String> caFile();

    /** A PEM file with the certificate that the gateway shows over TLS, its own first. Read again every minute. */
    Optional<String> clientCertificateFile();

    /** A PEM file with the key of the client certificate, not encrypted. Read again every minute. */
    Optional<String> clientKeyFile();

    /** The HTTP proxy that all calls go through, such as {@code http://user:password@proxy.example.com:3128}. */
    Optional<String> proxy();

    /**
     * How long the head of a response may take; past it the caller gets 504 and the run fails with upstream_timeout.
     * Unset: 60 s where the call says {@code "stream": true}, else 30 minutes, because then the head comes only after
     * the whole run. It does not run while the call is being sent.
     */
    Optional<Duration> timeout();

    /**
     * How long a response may be silent; past it the run fails with upstream_timeout, and the gateway cuts its client
     * off.
     */
    @WithDefault("10m")
    Duration idleTimeout();

    /**
     * The path that cancels a run at the agent API, with {@code {runId}} for the agent API's id of the run and
     * {@code {threadId}} for its thread. Runs of a dialect with a cancel call of its own take that one, unless this is
     * set. Empty: the agent API has no such call, and the gateway just closes the connection.
     */
    @WithDefault(CANCEL_PATH)
    Optional<String> cancelPath();

    /** The dialect of its runs; {@code auto} reads it from the first events. */
    @WithDefault(Upstream.AUTO)
    String dialect();

    /** What happens to a run whose client is gone, where the call does not say: {@code continue} or {@code cancel}. */
    @WithDefault("continue")
    String onDisconnect();
}
