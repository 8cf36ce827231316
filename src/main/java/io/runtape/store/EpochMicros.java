package io.runtape.store;

import java.time.Instant;

/** Times as the numbers that rows and cursors have of them. */
public final class EpochMicros {

    private EpochMicros() {}

    /** Microseconds since 1970, of any time of the years 1 to 9999. */
    public static long of(Instant time) {
        // Not by the difference of two times: its nanoseconds overflow 292 years after the one.
        return Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000L), time.getNano() / 1000);
    }
}
