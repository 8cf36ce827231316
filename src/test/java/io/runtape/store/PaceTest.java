package io.runtape.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {

    /** Much more than this thread works while it waits for that. */
    private static final Duration WORK_OF_ANOTHER = Duration.ofMillis(200);

    private final AtomicLong clock = new AtomicLong(1_000);
    private final AtomicLong work = new AtomicLong(50);

    @Test
    void restsForWhatItHasWorked() {
        Pace pace = new Pace(0.75, clock::get, clock::get);

        clock.addAndGet(600);

        assertEquals(200, pace.due());
    }

    @Test
    void countsWhatIsNotWorkAsRest() {
        Pace pace = new Pace(0.25, clock::get, work::get);

        clock.addAndGet(300);
        work.addAndGet(100);

        assertEquals(100, pace.due());
    }

    @Test
    void doesNotRestAfterALongWait() {
        Pace pace = new Pace(0.25, clock::get, work::get);

        clock.addAndGet(5_000);
        work.addAndGet(100);

        assertEquals(0, pace.due());
    }

    /** It may have waited for a lock all the time. */
    @Test
    void restsForASecondAtMost() {
        Pace pace = new Pace(1.0 / 3, clock::get, clock::get);

        clock.addAndGet(Duration.ofSeconds(3).toNanos());

        assertEquals(Duration.ofSeconds(1).toNanos(), pace.due());
    }

    @Test
    void savesNoRestForLater() {
        Pace pace = new Pace(0.25, clock::get, work::get);
        clock.addAndGet(5_000);
        pace.rest();

        clock.addAndGet(100);
        work.addAndGet(100);

        assertEquals(300, pace.due());
    }

    @Test
    void restsForAMomentWhereItHoldsALockAndForTheRestAfterwards() {
        Pace pace = new Pace(0.5, clock::get, clock::get);
        for (int i = 0; i < 4; i++) {
            clock.addAndGet(Duration.ofMillis(80).toNanos());
            pace.restLocked();
        }

        // 80, 80 and 40 of 320 ms; the clock of this test stands still meanwhile.
        assertEquals(Duration.ofMillis(120).toNanos(), pace.putOffNanos());

        pace.rest();

        assertEquals(0, pace.putOffNanos());
    }

    @Test
    void putsOffAMinuteAtMost() {
        Pace pace = new Pace(0.5, clock::get, clock::get);
        for (int i = 0; i < 100; i++) {
            clock.addAndGet(Duration.ofSeconds(1).toNanos());
            pace.restLocked();
        }

        assertEquals(Duration.ofMinutes(1).toNanos(), pace.putOffNanos());
    }

    @Test
    void takesTheThreadsOwnTimeOfAProcessor() {
        Pace pace = Pace.ofProcessor(1e-9);

        // Any work at all: a billionth of a processor is soon exceeded.
        assertTrue(pace.due() > 0);
    }

    @Test
    void doesNotCountWhatAnotherThreadWorks() throws InterruptedException {
        Pace pace = Pace.ofProcessor(0.5);
        Thread other = new Thread(() -> {
            ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            while (threads.getCurrentThreadCpuTime() < WORK_OF_ANOTHER.toNanos()) {
                Thread.onSpinWait();
            }
        });
        other.start();
        other.join();

        assertEquals(0, pace.due());
    }
}
