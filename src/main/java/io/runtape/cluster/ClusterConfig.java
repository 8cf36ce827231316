package io.runtape.cluster;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How gateways that share a database watch each other. */
@ConfigMapping(prefix = "runtape")
public interface ClusterConfig {

    /**
     * How long a gateway may show no sign of life before another one closes its runs as gateway_lost. Set the same on
     * all gateways of a database; it has no effect on the embedded one.
     */
    @WithDefault("8s")
    Duration nodeLease();
}
