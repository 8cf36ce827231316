package io.runtape.segment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class TermBlocksTest {

    private static TermBlocks.Reader reader(byte[] block) {
        TermBlocks.Reader reader = new TermBlocks.Reader(List.of(block));
        assertTrue(reader.next());
        return reader;
    }

    @Test
    void readsAsManyPlacesAsWereWritten() {
        int[] places = {3, 4, 300};
        TermBlocks.Writer writer = new TermBlocks.Writer(false);
        writer.add("a", places);

        assertArrayEquals(places, reader(writer.written().contents().get(0)).places());
    }

    /** They would not fit the memory. */
    @Test
    void doesNotReadMorePlacesThanThereAreBytes() {
        byte[] damaged = new ByteWriter()
                .number(0)
                .text("a")
                .number((long) Integer.MAX_VALUE << 1)
                .number(1)
                .written();

        assertThrows(IndexOutOfBoundsException.class, () -> reader(damaged).places());
    }
}
