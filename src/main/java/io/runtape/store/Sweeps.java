package io.runtape.store;

import java.time.Duration;
import java.time.Instant;

/**
 * When a walk that remembers how far it has come begins with the oldest again, for what came late: once an hour. Confined to one
 * thread.
 */
public final class Sweeps {

    private static final Duration EVERY = Duration.ofHours(1);

    private Instant begun;

    /** @param now when the first one begins */
    public Sweeps(Instant now) {
        this.begun = now;
    }

    /** Returns whether the next one is due; then it has begun. */
    public boolean begin(Instant now) {
        // Before it: the clock was ahead.
        boolean due = now.isAfter(begun.plus(EVERY)) || now.isBefore(begun);
        if (due) {
            begun = now;
        }
        return due;
    }
}
