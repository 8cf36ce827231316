package io.runtape.proxy;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.runtime.configuration.MemorySize;
import io.runtape.upstream.UpstreamConfig;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Refuses to start with a bound that no call could keep. */
@Singleton
final class ProxyBounds {

    private static final long SIZE_MIN = 1024;
    private static final long SIZE_MAX = 1L << 30;

    private final ProxyConfig config;
    private final UpstreamConfig upstream;

    ProxyBounds(ProxyConfig config, UpstreamConfig upstream) {
        this.config = config;
        this.upstream = upstream;
    }

    void check(@Observes StartupEvent event) {
        size("RUNTAPE_MAX_FRAME", config.maxFrame());
        size("RUNTAPE_MAX_BODY", config.maxBody());
        longer("RUNTAPE_PARTIAL_FLUSH", config.partialFlush(), Duration.ofMillis(10));
        longer("RUNTAPE_DISCONNECT_GRACE", config.disconnectGrace(), Duration.ZERO);
        longer("RUNTAPE_UPSTREAM_IDLE_TIMEOUT", upstream.idleTimeout(), Duration.ofMillis(100));
        upstream.timeout().ifPresent(t -> longer("RUNTAPE_UPSTREAM_TIMEOUT", t, Duration.ofMillis(100)));
    }

    private static void size(String name, MemorySize value) {
        if (value.asLongValue() < SIZE_MIN || value.asLongValue() > SIZE_MAX) {
            throw new ConfigurationException(name + " must be from 1K to 1G.");
        }
    }

    private static void longer(String name, Duration value, Duration least) {
        if (value.compareTo(least) < 0) {
            throw new ConfigurationException(name + " must be at least " + least.toMillis() + " ms.");
        }
    }
}
