package io.runtape.relay;

import io.micrometer.core.instrument.MeterRegistry;
import io.runtape.run.RunEnd;
import io.runtape.run.RunStatus;
import jakarta.inject.Singleton;

/** Counts completed runs whose agent API told no usage, by dialect: nobody can say what they cost. Safe for any thread. */
@Singleton
final class UsageMeter {

    private final MeterRegistry registry;

    UsageMeter(MeterRegistry registry) {
        this.registry = registry;
    }

    /** A run has ended like this. */
    void ended(RunEnd end) {
        String dialect = end.outcome().dialect();
        if (dialect != null
                && end.status() == RunStatus.COMPLETED
                && RunConclusion.NO_USAGE.equals(end.outcome().usage())) {
            registry.counter("runtape.runs.without.usage", "dialect", dialect).increment();
        }
    }
}
