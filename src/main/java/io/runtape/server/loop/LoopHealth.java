package io.runtape.server.loop;

import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Liveness of the event loops: whether each still comes round. A loop that is stuck takes its streams with it, and nothing but a
 * new process brings them back. Where it is the loop that would answer, there is no response. Threads that wait for the database,
 * or are taken up by callers, do not count: they come back. Answers without any of them.
 */
@Liveness
@Singleton
final class LoopHealth implements AsyncHealthCheck {

    /** Far longer than a loop is busy, a garbage collection takes, or an overloaded machine gives no turn for. */
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
