package io.runtape.journal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A committer's time that passes when the committer waits, and at once. */
final class HandRunTime implements CommitterTime {

    private static final int WAITS_MAX = 1000;

    private final List<Duration> passed = new ArrayList<>();
    private final List<Runnable> then = new ArrayList<>();
    private final List<Runnable> wakers = new ArrayList<>();
    private long nanos = Long.MAX_VALUE - Duration.ofSeconds(3).toNanos();

    /** What happens in each of the next times that somebody waits. */
    void whileWaiting(Runnable... each) {
        then.addAll(List.of(each));
    }

    /** What wakes each of those that wait for as long as it takes. */
    void whileIdle(Runnable... each) {
        wakers.addAll(List.of(each));
    }

    /** How long has been waited each time. */
    List<Duration> passed() {
        return passed;
    }

    /** The time goes on without anybody waiting. */
    void go(Duration on) {
        nanos += on.toNanos();
    }

    @Override
    public long nanoTime() {
        return nanos;
    }

    @Override
    public void pass(long some) {
        if (passed.size() == WAITS_MAX) {
            throw new AssertionError("The committer waits again and again.");
        }
        passed.add(Duration.ofNanos(some));
        nanos += some;
        if (!then.isEmpty()) {
            then.remove(0).run();
        }
    }

    @Override
    public void passUntilWoken() {
        if (wakers.isEmpty()) {
            throw new AssertionError("The committer waits, and nothing will wake it.");
        }
        wakers.remove(0).run();
    }
}
