package io.runtape.server.loop;

import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Liveness of the event loops: whether each still comes round. A stuck loop takes its streams with it, and only a new
 * process brings them back. If the stuck loop is the one that would answer this check, the probe gets no response.
 * Threads that wait for the database, or that callers take up, do not count: they come back. The check needs none of
 * them.
 */
@Liveness
@Singleton
final class LoopHealth implements AsyncHealthCheck {

    /** Far longer than a busy loop, a garbage collection, or an overloaded machine takes. */
    static final Duration STUCK = Duration.ofSeconds(15);

    private final LoopWatch watch;

    LoopHealth(LoopWatch watch) {
        this.watch = watch;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom().item(this::response);
    }

    private HealthCheckResponse response() {
        long stuck = watch.stuck(STUCK);
        return HealthCheckResponse.named("event loops")
                .status(stuck == 0)
                .withData("stuck", stuck)
                .build();
    }
}
