package io.runtape.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;

class FailingTest {

    private long now = Long.MAX_VALUE - 5;
    private final Failing<Integer> failing = new Failing<>(() -> now);

    @Test
    void passesOverWhatFailsAgain() {
        assertFalse(failing.failsAgain(1));
        assertTrue(failing.hasFailed(1));
        assertFalse(failing.isPassedOver(1));

        assertTrue(failing.failsAgain(1));

        assertTrue(failing.isPassedOver(1));
        assertEquals(Set.of(1), failing.passedOver());
        assertFalse(failing.hasFailed(2));
    }

    @Test
    void forgetsAFailureOfWhatIsDone() {
        failing.failsAgain(1);
        failing.failsAgain(2);

        failing.succeeded(1);

        assertFalse(failing.hasFailed(1));
        assertFalse(failing.failsAgain(1));
        assertTrue(failing.failsAgain(2));
    }

    @Test
    void triesItAgainAfterAnHour() {
        failing.failsAgain(1);
        failing.failsAgain(1);

        now += Failing.PASSED_OVER.toNanos();

        assertFalse(failing.isPassedOver(1));
        assertFalse(failing.hasFailed(1));
        assertFalse(failing.failsAgain(2));
        assertEquals(1, failing.count());
        assertFalse(failing.failsAgain(1));
    }
}
