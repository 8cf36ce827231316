package io.runtape.relay;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.runtime.configuration.MemorySize;
import io.runtape.dialect.Dialects;
import io.runtape.journal.JournalConfig;
import io.runtape.upstream.Upstream;
import io.runtape.upstream.UpstreamConfig;
import io.runtape.upstream.Upstreams;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Stops the start at a bound that no call could keep. */
@Singleton
final class RelayBounds {

    private static final long SIZE_MIN = 1024;
    private static final long SIZE_MAX = 1L << 30;

    /** Ten years: stays within the dates of the databases. */
    private static final Duration KEY_TTL_MAX = Duration.ofDays(3650);

    private final RelayConfig config;
    private final UpstreamConfig upstream;
    private final JournalConfig journal;
    private final Upstreams upstreams;
    private final Dialects dialects;

    RelayBounds(
            RelayConfig config,
            UpstreamConfig upstream,
            JournalConfig journal,
            Upstreams upstreams,
            Dialects dialects) {
        this.upstreams = upstreams;
        this.dialects = dialects;
        this.config = config;
        this.upstream = upstream;
        this.journal = journal;
    }

    void check(@Observes StartupEvent event) {
        size("RUNTAPE_MAX_FRAME", config.maxFrame());
        size("RUNTAPE_MAX_BODY", config.maxBody());
        longer("RUNTAPE_PARTIAL_FLUSH", config.partialFlush(), Duration.ofMillis(10));
        longer("RUNTAPE_DISCONNECT_GRACE", config.disconnectGrace(), Duration.ZERO);
        longer("RUNTAPE_IDEMPOTENCY_TTL", config.idempotencyTtl(), Duration.ofSeconds(1));
        if (config.idempotencyTtl().compareTo(KEY_TTL_MAX) > 0) {
            throw new ConfigurationException(
                    "RUNTAPE_IDEMPOTENCY_TTL must be at most " + KEY_TTL_MAX.toDays() + " days.");
        }
        some("RUNTAPE_MAX_LIVE_RUNS", journal.maxLiveRuns());
        some("RUNTAPE_MAX_LIVE_RUNS_PER_OWNER", journal.maxLiveRunsPerOwner());
        longer("RUNTAPE_UPSTREAM_IDLE_TIMEOUT", upstream.idleTimeout(), Duration.ofMillis(100));
        upstream.timeout().ifPresent(t -> longer("RUNTAPE_UPSTREAM_TIMEOUT", t, Duration.ofMillis(100)));
        upstreams.all().forEach(this::check);
    }

    private void check(Upstream of) {
        of.bodyMax().ifPresent(size -> size(of.setting("MAX_BODY"), size));
        if (!of.dialect().equals(Upstream.AUTO) && !dialects.names().contains(of.dialect())) {
            throw new ConfigurationException(of.setting("DIALECT") + " is '" + of.dialect() + "'. Allowed values: "
                    + Upstream.AUTO + ", " + String.join(", ", dialects.names()) + ".");
        }
    }

    private static void size(String name, MemorySize value) {
        if (value.asLongValue() < SIZE_MIN || value.asLongValue() > SIZE_MAX) {
            throw new ConfigurationException(name + " must be from 1K to 1G.");
        }
    }

    private static void some(String name, int value) {
        if (value < 1) {
            throw new ConfigurationException(name + " must be at least 1.");
        }
    }

    private static void longer(String name, Duration value, Duration least) {
        if (value.compareTo(least) < 0) {
            throw new ConfigurationException(name + " must be at least " + least.toMillis() + " ms.");
        }
    }
}
