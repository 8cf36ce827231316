package io.runtape.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LikelyFramesTest {

    private final LikelyFrames likely = new LikelyFrames(256);

    @Test
    void asksForAFourthMoreThanTheLastOnesTellOf() {
        assertEquals(256, likely.with(64 << 10));

        likely.read(200, 200 * 256);

        assertEquals(256 + 64 + 1, likely.with(64 << 10));
    }

    @Test
    void forgetsALongFrameSoon() {
        likely.read(1, 8 << 20);
        assertEquals(1, likely.with(64 << 10));
        int reads = 1;

        for (int frames = 1; frames < 256; frames = likely.with(64 << 10)) {
            likely.read(frames, 200L * frames);
            reads++;
        }

        assertTrue(reads < 15, reads + " reads");
    }

    @Test
    void growsByDegrees() {
        likely.read(1, 10);
        assertEquals(4, likely.with(64 << 10));

        likely.read(4, 40);
        assertEquals(16, likely.with(64 << 10));
    }

    @Test
    void isBounded() {
        likely.read(4000, 4000);

        assertEquals(8192, likely.with(64 << 10));
    }
}
