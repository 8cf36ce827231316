package io.runtape.delivery;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.runtape.run.FrameBlock;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** Meters of what readers get. Safe for any thread. */
@Singleton
public final class DeliveryMetrics {

    private static final Duration[] DELAY_BUCKETS = {
        Duration.ofNanos(100_000),
        Duration.ofNanos(250_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(50),
        Duration.ofMillis(250),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5)
    };

    private final LongAdder frames = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder behind = new LongAdder();
    private final LongAdder readers = new LongAdder();
    private final Timer relay;
    private final Timer addedDelay;

    DeliveryMetrics(MeterRegistry registry) {
        FunctionCounter.builder("runtape.frames.relayed", frames, LongAdder::sum)
                .description("Frames handed to readers")
                .register(registry);
        FunctionCounter.builder("runtape.bytes.relayed", bytes, LongAdder::sum)
                .description("Bytes handed to readers")
                .register(registry);
        Gauge.builder("runtape.readers", readers, LongAdder::sum)
                .description("Readers of runs, the clients of live calls among them")
                .register(registry);
        Gauge.builder("runtape.readers.behind", behind, LongAdder::sum)
                .description("Readers of live runs that are too slow and read from the database")
                .register(registry);
        this.relay = timer(registry, "runtape.relay", "From the commit of frames to their being handed to a reader");
        this.addedDelay = timer(
                registry,
                "runtape.added.delay",
                "From the arrival of frames to their being handed to a reader, by the first frame of a commit");
    }

    private static Timer timer(MeterRegistry registry, String name, String description) {
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(DELAY_BUCKETS)
                .register(registry);
    }

    /** Frames went to a reader right after their commit. */
    void relayed(FrameBlock block) {
        long now = System.nanoTime();
        relay.record(now - block.committedNanos(), TimeUnit.NANOSECONDS);
        addedDelay.record(now - block.arrivedNanos(), TimeUnit.NANOSECONDS);
    }

    void handedOver(long frameCount, int byteCount) {
        frames.add(frameCount);
        bytes.add(byteCount);
    }

    void readers(int more) {
        readers.add(more);
    }

    void behind(int more) {
        behind.add(more);
    }
}
