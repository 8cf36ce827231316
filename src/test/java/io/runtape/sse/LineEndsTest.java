package io.runtape.sse;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LineEndsTest {
    /** Line ends, their neighbours, and the bytes that carries and borrows in a word might turn into them. */
    private static final byte[] BYTES = {
        '\n', '\r', 0x09, 0x0B, 0x0C, 0x0E, 0x00, 0x01, (byte) 0x8A, (byte) 0x8D, (byte) 0x80, (byte) 0xFF, 'x'
    };

    @Test
    void findsWhatALoopFinds() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 100_000; i++) {
            byte[] bytes = new byte[random.nextInt(40)];
            for (int at = 0; at < bytes.length; at++) {
                bytes[at] = random.nextInt(4) == 0 ? BYTES[random.nextInt(BYTES.length)] : (byte) 'x';
            }
            int from = random.nextInt(bytes.length + 1);
            int to = from + random.nextInt(bytes.length - from + 1);

            assertEquals(loop(bytes, from, to), LineEnds.next(bytes, from, to));
        }
    }

    private static int loop(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && bytes[at] != '\n' && bytes[at] != '\r') {
            at++;
        }
        return at;
    }
}
