package io.runtape.journal;

import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Liveness of the committer: whether this process can still record anything. An outage of the database does not count,
 * since the committer waits for its end; {@link StoreHealth} reports it. Answers without a worker thread.
 */
@Liveness
@Singleton
final class CommitterHealth implements AsyncHealthCheck {

    private final Journal journal;

    CommitterHealth(Journal journal) {
        this.journal = journal;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom()
                .item(() -> HealthCheckResponse.named("committer")
                        .status(journal.canRecord())
                        .build());
    }
}
