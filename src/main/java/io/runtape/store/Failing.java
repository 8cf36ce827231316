package io.runtape.store;

import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What work in the background has failed at, such as runs, by their keys. What fails again is passed over for an hour, whatever the
 * fault is: it must not hold up all others. Confined to one thread.
 */
public final class Failing<K> {

    /** How long it is passed over; a failure that is so long ago counts no more. */
    static final Duration PASSED_OVER = Duration.ofHours(1);

    private final LongSupplier clock;
    private final Map<K, Failure> failures = new HashMap<>();

    /** When it failed last, and whether it had failed before. */
    private record Failure(long at, boolean again) {}

    public Failing() {
        this(System::nanoTime);
    }

    /** @param clock tells the time in nanoseconds */
    Failing(LongSupplier clock) {
        this.clock = clock;
    }

    /** Notes that it has failed; returns whether it had failed before, and is passed over from now on. */
    public boolean failsAgain(K key) {
        failures.values().removeIf(this::isOver);
        boolean again = failures.containsKey(key);
        failures.put(key, new Failure(clock.getAsLong(), again));
        return again;
    }

    /** Whether a failure is neither of the moment nor of the whole database. */
    public static boolean isOfTheKey(Exception why, Store store) {
        @Nullable SQLException fault = SqlFault.behind(why);
        return fault == null || !SqlFault.isOfTheMoment(fault) && !store.isOfAll(fault);
    }

    /** Notes that it is done: a failure before that counts no more. */
    public void succeeded(K key) {
        failures.remove(key);
    }

    /** Whether it has failed, and is to be tried by itself, or not at all for now. */
    public boolean hasFailed(K key) {
        Failure failure = failures.get(key);
        return failure != null && !isOver(failure);
    }

    /** Whether it is not to be tried for now. */
    public boolean isPassedOver(K key) {
        Failure failure = failures.get(key);
        return failure != null && failure.again && !isOver(failure);
    }

    /** All that are not to be tried for now. */
    public Set<K> passedOver() {
        return failures.keySet().stream().filter(this::isPassedOver).collect(Collectors.toSet());
    }

    /** How many there are at the most that are passed over. */
    public int count() {
        return failures.size();
    }

    private boolean isOver(Failure failure) {
        return clock.getAsLong() - failure.at >= PASSED_OVER.toNanos();
    }
}
