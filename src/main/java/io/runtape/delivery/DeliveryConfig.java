package io.runtape.delivery;

import io.smallrye.config.ConfigMapping;
import java.time.Duration;
import java.util.Optional;

/** How long readers may stay connected. */
@ConfigMapping(prefix = "runtape")
interface DeliveryConfig {

    /**
     * How long the connection of a tail may last. Older ones end between two frames, and their clients come back where
     * they were. Set it below the age at which a proxy or a mesh cuts connections, or to spread readers over gateways
     * that were added.
     */
    Optional<Duration> maxConnectionAge();
}
