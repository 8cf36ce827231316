package io.runtape.delivery;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Stops the start at a bound that would only keep readers busy with coming back. */
@Singleton
final class DeliveryBounds {

    private static final Duration AGE_MIN = Duration.ofSeconds(1);

    private final DeliveryConfig config;

    DeliveryBounds(DeliveryConfig config) {
        this.config = config;
    }

    void check(@Observes StartupEvent event) {
        if (config.maxConnectionAge().filter(age -> age.compareTo(AGE_MIN) < 0).isPresent()) {
            throw new ConfigurationException(
                    "RUNTAPE_MAX_CONNECTION_AGE must be at least " + AGE_MIN.toSeconds() + " s.");
        }
    }
}
