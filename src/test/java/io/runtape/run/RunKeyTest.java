package io.runtape.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RunKeyTest {

    private static RunKey begun(Instant at) {
        return new RunKey(1, "owner", null, null, at);
    }

    /** Another gateway closes the runs of one that is lost, and its clock may be behind that one's. */
    @Test
    void aRunEndsNoEarlierThanItBegan() {
        Instant now = Instant.now();
        Instant ahead = now.plus(Duration.ofMinutes(1));

        assertEquals(ahead, begun(ahead).now());
        assertFalse(begun(now.minus(Duration.ofMinutes(1))).now().isBefore(now));
    }
}
