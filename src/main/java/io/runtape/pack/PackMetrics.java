package io.runtape.pack;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.concurrent.atomic.LongAdder;

/** What packing has done since the start. Safe for any thread. */
@Singleton
final class PackMetrics {

    private final LongAdder runs = new LongAdder();
    private final LongAdder frames = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder packedBytes = new LongAdder();
    private final LongAdder failures = new LongAdder();

    PackMetrics(MeterRegistry registry) {
        counter(registry, "runtape.packed.runs", "Runs whose frames were packed", runs);
        counter(registry, "runtape.packed.frames", "Frames that were packed", frames);
        counter(registry, "runtape.packed.bytes", "Bytes of frames that were packed", bytes);
        counter(registry, "runtape.packed.stored.bytes", "Bytes of the blocks that they were packed into", packedBytes);
        counter(registry, "runtape.packing.failures", "Runs that could not be packed and stay as they are", failures);
    }

    private static void counter(MeterRegistry registry, String name, String description, LongAdder value) {
        FunctionCounter.builder(name, value, LongAdder::sum)
                .description(description)
                .register(registry);
    }

    void packed(PackedRun run) {
        runs.increment();
        frames.add(run.frames());
        bytes.add(run.bytes());
        packedBytes.add(run.packedBytes());
    }

    void failed() {
        failures.increment();
    }
}
