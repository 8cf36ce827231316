package io.runtape.sse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class HeldBytesTest {
    private static final int BYTES_MAX = 100_000;

    private final HeldBytes held = new HeldBytes(BYTES_MAX);

    @Test
    void holdsWhatWasAppended() {
        byte[] source = new byte[1000];
        for (int i = 0; i < source.length; i++) {
            source[i] = (byte) i;
        }
        held.append(source, 0, 300);
        held.append(source, 300, 300);
        held.append(source, 300, 1000);

        assertArrayEquals(source, Arrays.copyOf(held.array(), held.length()));
    }

    @Test
    void neverGrowsBeyondItsLimit() {
        byte[] source = new byte[BYTES_MAX];
        for (int at = 0; at < BYTES_MAX; at += 10) {
            held.append(source, at, at + 10);
        }

        assertEquals(BYTES_MAX, held.array().length);
    }

    @Test
    void keepsAnArrayOfAUsualFrame() {
        held.append(new byte[200], 0, 200);
        byte[] array = held.array();
        held.clear();
        held.append(new byte[200], 0, 200);

        assertSame(array, held.array());
    }

    @Test
    void givesALargeArrayBack() {
        held.append(new byte[BYTES_MAX], 0, BYTES_MAX);
        held.clear();

        assertTrue(held.isEmpty());
        assertEquals(0, held.array().length);
    }
}
