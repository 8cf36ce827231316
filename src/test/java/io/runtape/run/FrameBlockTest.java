package io.runtape.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.sse.FrameKind;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where a block is cut. */
class FrameBlockTest {

    private static FrameBlock block(List<FrameKind> kinds) {
        FrameBlock block = new FrameBlock(1, 1, 1);
        kinds.forEach(kind -> block.add(new ArrivedFrame(kind, new byte[10], 0, 10, 0, null, "", 0)));
        return block;
    }

    @Test
    void endsWithTheFrameThatReachesTheBytes() {
        FrameBlock block = block(List.of(FrameKind.EVENT, FrameKind.EVENT, FrameKind.EVENT, FrameKind.EVENT));

        assertEquals(2, block.upToBytes(0, 15).count());
        assertEquals(3, block.upToBytes(1, 15).count());
        assertEquals(4, block.upToBytes(0, 40).count());
    }

    @Test
    void goesOnFromAPartToTheFrameThatItBelongsTo() {
        FrameBlock block = block(List.of(FrameKind.PART, FrameKind.PART, FrameKind.EVENT, FrameKind.EVENT));

        assertEquals(3, block.upToBytes(0, 10).count());
    }

    /** A reader that gets only parts of a frame, and that holds them back, would take the same block again for ever. */
    @Test
    void goesOnFromAPartAcrossThePiecesOfTheWire() {
        FrameBlock block = block(List.of(FrameKind.PART, FrameKind.ENCODED, FrameKind.EVENT, FrameKind.EVENT));

        assertEquals(3, block.upToBytes(0, 10).count());
        assertEquals(3, block.upToBytes(0, 20).count());
    }

    @Test
    void endsAmidPiecesOfTheWireThatNoPartPrecedes() {
        FrameBlock block = block(List.of(FrameKind.ENCODED, FrameKind.ENCODED, FrameKind.EVENT));

        assertEquals(1, block.upToBytes(0, 10).count());
    }
}
