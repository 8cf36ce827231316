package io.runtape.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.cluster.Nodes.Other;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Who is taken for dead, and when; the time is the test's own. */
class LeaseWatchTest {

    private static final long LEASE = Duration.ofSeconds(8).toNanos();
    private static final long BEAT = LEASE / 5;

    private final LeaseWatch watch = new LeaseWatch(LEASE);
    private long now = Long.MAX_VALUE - 3 * BEAT;

    private static Other open(long node, long beat) {
        return new Other(node, beat, false);
    }

    /** The dead ones among these, a beat after the last look. */
    private List<Long> look(Other... others) {
        now += BEAT;
        return lookNow(others);
    }

    private List<Long> lookNow(Other... others) {
        Map<Long, Other> all = Arrays.stream(others).collect(Collectors.toMap(Other::nodeId, Function.identity()));
        return watch.dead(all, now).stream().map(Other::nodeId).sorted().toList();
    }

    @Test
    void whoStandsStillForAWholeLeaseIsDead() {
        for (int i = 0; i <= 4; i++) {
            assertEquals(List.of(), look(open(1, 70), open(2, i)));
        }

        assertEquals(List.of(1L), look(open(1, 70), open(2, 5)));
    }

    @Test
    void whoMovesLives() {
        for (int i = 0; i < 50; i++) {
            assertEquals(List.of(), look(open(1, i)));
        }
    }

    @Test
    void whoHasJustComeHasAWholeLease() {
        for (int i = 0; i < 10; i++) {
            look();
        }
        assertEquals(List.of(), look(open(1, 0)));
        for (int i = 0; i < 4; i++) {
            assertEquals(List.of(), look(open(1, 0)));
        }

        assertEquals(List.of(1L), look(open(1, 0)));
    }

    /** An outage of the database hit everybody, and so did a pause of this gateway: nobody could be seen to move. */
    @Test
    void whoeverWasNotLookedAtForALongTimeHasANewLease() {
        look(open(1, 7));
        look(open(1, 7));
        now += 10 * LEASE;

        assertEquals(List.of(), lookNow(open(1, 7)));
        for (int i = 0; i < 4; i++) {
            assertEquals(List.of(), look(open(1, 7)));
        }
        assertEquals(List.of(1L), look(open(1, 7)));
    }

    @Test
    void whoWasTakenForDeadIsDeadAtOnce() {
        assertEquals(List.of(3L), look(open(1, 1), new Other(3, 9, true)));
    }
}
