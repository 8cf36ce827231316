package io.runtape.store;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The runs at which work in the background has failed, by their keys. One that fails again is passed over for an hour, whatever the
 * fault is: it must not hold up all others. Confined to one thread.
 */
public final class FailingRuns {

    /** How long a run is passed over; a failure that is so long ago counts no more. */
    static final Duration PASSED_OVER = Duration.ofHours(1);

    private final LongSupplier clock;
    private final Map<Long, Failure> failures = new HashMap<>();

    /** When a run failed last, and whether it had failed before. */
    private record Failure(long at, boolean again) {}

    public FailingRuns() {
        this(System::nanoTime);
    }

    /** @param clock tells the time in nanoseconds */
    FailingRuns(LongSupplier clock) {
        this.clock = clock;
    }

    /** Notes that a run has failed; returns whether it had failed before, and is passed over from now on. */
    public boolean failsAgain(long runPk) {
        failures.values().removeIf(this::isOver);
        boolean again = failures.containsKey(runPk);
        failures.put(runPk, new Failure(clock.getAsLong(), again));
        return again;
    }

    /** Whether a run has failed, and is to be tried by itself, or not at all for now. */
    public boolean hasFailed(long runPk) {
        Failure failure = failures.get(runPk);
        return failure != null && !isOver(failure);
    }

    /** Whether a run is not to be tried for now. */
    public boolean isPassedOver(long runPk) {
        Failure failure = failures.get(runPk);
        return failure != null && failure.again && !isOver(failure);
    }

    /** How many runs there are at the most that are passed over. */
    public int count() {
        return failures.size();
    }

    private boolean isOver(Failure failure) {
        return clock.getAsLong() - failure.at >= PASSED_OVER.toNanos();
    }
}
