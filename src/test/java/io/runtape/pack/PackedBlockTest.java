package io.runtape.pack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.runtape.run.ArrivedFrame;
import io.runtape.run.FrameBlock;
import io.runtape.sse.FrameKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PackedBlockTest {

    /** Event ids of an archive may be far longer than the bytes of their frames. */
    @ParameterizedTest
    @CsvSource({"100, 0, 1147", "1, 0, 8192", "1, 65536, 16", "1, 10, 8192"})
    void isFullByBytesByFramesAndByWhatElseTheyHold(int bytes, int idLength, int full) {
        FrameBlock frames = new FrameBlock(1, 16, 0);
        while (!PackedBlock.isFull(frames)) {
            String id = "7".repeat(idLength);
            frames.add(new ArrivedFrame(FrameKind.EVENT, new byte[bytes], 0, bytes, 0, null, id, 0));
        }

        assertEquals(full, frames.count());
    }
}
