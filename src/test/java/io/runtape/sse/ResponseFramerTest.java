package io.runtape.sse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResponseFramerTest {
    private static final int FRAME_BYTES_MAX = 4;

    private final FrameRecorder recorded = new FrameRecorder(FRAME_BYTES_MAX);
    private final ResponseFramer framer = new ResponseFramer(FRAME_BYTES_MAX, recorded);

    @Test
    void keepsTheBodyAsOneFrame() {
        feed("{", "\n\n", "}");

        assertEquals(List.of(), recorded.described());
        assertEquals(4, framer.pendingBytes());

        framer.end();

        assertEquals(List.of("RESPONSE {\\n\\n}"), recorded.described());
        assertEquals(0, framer.pendingBytes());
    }

    @Test
    void handsOnAPartAtEachFlush() {
        feed("a");
        framer.flushPart();
        framer.flushPart();
        feed("b", "c");
        framer.flushPart();
        feed("d");
        framer.end();

        assertEquals(List.of("PART a", "PART bc", "RESPONSE d"), recorded.described());
        assertEquals(2, recorded.last().parts());
    }

    @Test
    void endsPartsWithoutARestByAnEmptyFrame() {
        feed("ab");
        framer.flushPart();
        framer.end();

        assertEquals(List.of("PART ab", "RESPONSE "), recorded.described());
        assertEquals(1, recorded.last().parts());
    }

    @Test
    void cutsALongerBodyIntoFullPartsBeforeIt() {
        feed("abcdef", "gh", "i");
        framer.end();

        assertEquals(List.of("PART abcd", "PART efgh", "RESPONSE i"), recorded.described());
        assertEquals(2, recorded.last().parts());
    }

    @Test
    void makesAFullLastFrameTheResponse() {
        feed("abcdefgh");
        framer.end();

        assertEquals(List.of("PART abcd", "RESPONSE efgh"), recorded.described());
    }

    @Test
    void makesNoFrameOfAnEmptyBody() {
        feed("");
        framer.end();

        assertEquals(List.of(), recorded.described());
    }

    @Test
    void refusesALimitThatHoldsNoByte() {
        assertThrows(IllegalArgumentException.class, () -> new ResponseFramer(0, recorded));
    }

    private void feed(String... chunks) {
        for (String chunk : chunks) {
            byte[] bytes = chunk.getBytes(StandardCharsets.ISO_8859_1);
            framer.feed(bytes, 0, bytes.length);
        }
    }
}
