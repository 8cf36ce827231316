package io.runtape.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {

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
    void takesTheThreadsOwnTimeOfAProcessor() {
        Pace pace = Pace.ofProcessor(0.001);

        // Any work at all: a thousandth of a processor is soon exceeded.
        assertTrue(pace.due() > 0);
    }
}
