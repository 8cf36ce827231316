package io.runtape.journal;

import io.runtape.store.Store;
import io.runtape.store.StoreProbe;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jspecify.annotations.Nullable;

/**
 * Readiness of the database: whether the journal commits and the database answers. Answers within a bound, since a
 * stalled database never does and probes do not wait for it. Safe for any thread.
 */
@Readiness
@Singleton
public final class StoreHealth implements AsyncHealthCheck {

    private static final int ANSWER_SECONDS = 2;

    private final Journal journal;
    private final StoreProbe probe;
    /** One thread: while the database stalls, a single question is stuck there, however often a probe comes. */
    private final ExecutorService asking = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "runtape-health");
        thread.setDaemon(true);
        return thread;
    });

    private @Nullable CompletableFuture<Boolean> asked;

    StoreHealth(Journal journal, Store store) {
        this.journal = journal;
        this.probe = new StoreProbe(store, Duration.ofSeconds(ANSWER_SECONDS));
    }

    @PreDestroy
    void stop() {
        asking.execute(probe::close);
        asking.shutdown();
    }

    /** Uses none of the threads that callers may all hold. */
    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom()
                .completionStage(this::answersInTime)
                .map(answers -> HealthCheckResponse.named("database")
                        .status(journal.available() && answers)
                        .build());
    }

    private CompletableFuture<Boolean> answersInTime() {
        return ask().exceptionally(e -> false).completeOnTimeout(false, ANSWER_SECONDS, TimeUnit.SECONDS);
    }

    /** The question that is under way, or a new one. */
    private synchronized CompletableFuture<Boolean> ask() {
        CompletableFuture<Boolean> last = asked;
        if (last != null && !last.isDone()) {
            return last;
        }
        CompletableFuture<Boolean> now = CompletableFuture.supplyAsync(probe::answers, asking);
        asked = now;
        return now;
    }
}
