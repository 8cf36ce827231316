package io.runtape.segment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    /** A set of all places before it would not fit the memory. */
    @ParameterizedTest
    @ValueSource(longs = {1, 3})
    void findsNoPlaceThatNoSegmentHas(long howMany) {
        ByteWriter damaged = new ByteWriter().number(0).text("a");
        damaged = howMany == 1
                ? damaged.number(((long) Integer.MAX_VALUE << 1) | 1)
                : damaged.number(howMany << 1)
                        .number(1)
                        .number(Integer.MAX_VALUE - 2)
                        .number(1);
        byte[] block = damaged.written();

        assertThrows(IndexOutOfBoundsException.class, () -> reader(block).addPlacesTo(new BitSet()));
    }
}
