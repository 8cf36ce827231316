package io.runtape.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplayClockTest {

    private static final long UNBOUNDED = Long.MAX_VALUE;

    /** When frames are due, in milliseconds, that came at these times. */
    private static List<Long> due(ReplayClock clock, long... offsetsMillis) {
        List<Long> due = new ArrayList<>();
        for (long offset : offsetsMillis) {
            due.add(clock.dueNanos(offset * 1000) / 1_000_000);
            clock.play(offset * 1000);
        }
        return due;
    }

    @Test
    void keepsThePausesOfTheRecording() {
        assertEquals(List.of(400L, 410L, 5000L), due(new ReplayClock(1, UNBOUNDED, 0), 400, 410, 5000));
    }

    @Test
    void playsFasterAndSlower() {
        assertEquals(List.of(40L, 41L, 500L), due(new ReplayClock(10, UNBOUNDED, 0), 400, 410, 5000));
        assertEquals(List.of(800L, 820L), due(new ReplayClock(0.5, UNBOUNDED, 0), 400, 410));
        assertEquals(List.of(0L, 0L), due(new ReplayClock(Double.POSITIVE_INFINITY, UNBOUNDED, 0), 400, 9000));
    }

    @Test
    void beginsAtATimeOfTheRecording() {
        assertEquals(List.of(0L, 10L), due(new ReplayClock(1, UNBOUNDED, 400_000), 400, 410));
        assertEquals(List.of(100L, 110L), due(new ReplayClock(1, UNBOUNDED, 300_000), 400, 410));
    }

    @Test
    void cutsLongPausesBeforeItSpeedsUp() {
        assertEquals(List.of(400L, 410L, 2410L, 2411L), due(new ReplayClock(1, 2_000_000, 0), 400, 410, 5000, 5001));
        assertEquals(List.of(200L, 400L), due(new ReplayClock(10, 2_000_000, 0), 9000, 20_000));
        assertEquals(List.of(0L, 0L), due(new ReplayClock(1, 0, 0), 9000, 20_000));
    }
}
