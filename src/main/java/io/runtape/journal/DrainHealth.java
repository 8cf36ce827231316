package io.runtape.journal;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Readiness of a gateway that was told to stop: callers are to be sent to another one, while its live runs go on. */
@Readiness
@Singleton
public final class DrainHealth implements HealthCheck {

    private final Journal journal;

    DrainHealth(Journal journal) {
        this.journal = journal;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("takes new runs")
                .status(!journal.stopping())
                .build();
    }
}
