package io.runtape.journal;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.runtape.journal.sql.CommitBatch;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Meters of the journal. Counting on the live path costs an addition; clocks are read once for a commit. */
@Singleton
public final class JournalMetrics {

    /** From a lone commit on a fast disk to a database that barely answers. */
    private static final Duration[] DELAY_BUCKETS = {
        Duration.ofNanos(250_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5)
    };

    private final MeterRegistry registry;
    private final LongAdder framesReceived = new LongAdder();
    private final LongAdder bytesReceived = new LongAdder();
    private final LongAdder framesCommitted = new LongAdder();
    private final LongAdder bytesCommitted = new LongAdder();
    private final LongAdder outages = new LongAdder();
    private final LongAdder outageNanos = new LongAdder();
    private final DistributionSummary batchFrames;
    private final Timer commit;

    JournalMetrics(MeterRegistry registry) {
        this.registry = registry;
        counter("runtape.frames.received", "Frames that came from the agent API", framesReceived);
        counter("runtape.bytes.received", "Bytes of frames that came from the agent API", bytesReceived);
        counter("runtape.frames.committed", "Frames that are durable", framesCommitted);
        counter("runtape.bytes.committed", "Bytes of frames that are durable", bytesCommitted);
        counter("runtape.store.outages", "How often the database did not answer", outages);
        this.batchFrames = DistributionSummary.builder("runtape.commit.frames")
                .description("Frames of one commit")
                .serviceLevelObjectives(1, 2, 5, 10, 50, 100, 500, 1000, 5000, 10_000)
                .register(registry);
        this.commit = timer("runtape.commit", "Time of one commit");
    }

    private void counter(String name, String description, LongAdder value) {
        FunctionCounter.builder(name, value, LongAdder::sum)
                .description(description)
                .register(registry);
    }

    private Timer timer(String name, String description) {
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(DELAY_BUCKETS)
                .register(registry);
    }

    void gauge(String name, String description, Supplier<Number> value) {
        Gauge.builder(name, value).description(description).register(registry);
    }

    void received(int bytes) {
        framesReceived.increment();
        bytesReceived.add(bytes);
    }

    void committed(CommitBatch batch, long nanos) {
        framesCommitted.add(batch.frames());
        bytesCommitted.add(batch.bytes());
        batchFrames.record(batch.frames());
        commit.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** An outage is over. */
    void outage(long nanos) {
        outages.increment();
        outageNanos.add(nanos);
    }

    /** @param underWay the duration of the present outage so far, in nanoseconds, so that it counts while it lasts */
    void countOutages(LongSupplier underWay) {
        FunctionCounter.builder(
                        "runtape.store.outage.seconds", outageNanos, v -> (v.sum() + underWay.getAsLong()) * 1e-9)
                .description("How long the database did not answer, in all")
                .register(registry);
    }
}
