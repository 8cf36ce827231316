package io.runtape.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.sse.FrameKind;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockFormatTest {

    private static final String[] TYPES = {null, "message", "ключ", "", "x".repeat(200)};
    private static final String[] IDS = {"", "7", "\n3", "長い".repeat(40)};

    private static FrameBlock frames(int count, Random chance) {
        return frames(count, chance, FrameKind.values());
    }

    private static FrameBlock frames(int count, Random chance, FrameKind... kinds) {
        FrameBlock frames = new FrameBlock(40, 1, 1);
        for (int i = 0; i < count; i++) {
            byte[] bytes = ("data: " + "word ".repeat(chance.nextInt(30)) + "\n\n").getBytes(UTF_8);
            frames.add(new ArrivedFrame(
                    kinds[chance.nextInt(kinds.length)],
                    bytes,
                    chance.nextInt(3),
                    bytes.length,
                    // The clock of a frame may be behind that of the frame before.
                    1_000_000_000L * i + chance.nextInt(2_000_000_000),
                    TYPES[chance.nextInt(TYPES.length)],
                    IDS[chance.nextInt(IDS.length)],
                    chance.nextInt(3)));
        }
        return frames;
    }

    private static List<String> texts(FrameBlock frames, int from, int to) {
        List<String> texts = new ArrayList<>();
        for (int i = from; i < to; i++) {
            texts.add(text(frames.sequence(i), frames.frame(i)));
        }
        return texts;
    }

    private static String text(long sequence, ArrivedFrame frame) {
        return sequence + " " + frame.kind() + " " + frame.offsetMicros() + " " + frame.type() + " "
                + frame.lastEventId() + " " + frame.parts() + " "
                + Arrays.toString(Arrays.copyOfRange(frame.source(), frame.from(), frame.to()));
    }

    private static List<String> read(byte[] content, long last) throws SQLException {
        List<String> texts = new ArrayList<>();
        BlockFormat.read(content, last, (sequence, frame) -> texts.add(text(sequence, frame)));
        return texts;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 500})
    void givesBackWhatItTook(int count) throws SQLException {
        Random chance = new Random(count);
        for (int round = 0; round < 50; round++) {
            FrameBlock frames = frames(count, chance);
            int from = chance.nextInt(count);
            int to = from + 1 + chance.nextInt(count - from);

            assertEquals(texts(frames, from, to), read(BlockFormat.plain(frames, from, to), frames.sequence(to - 1)));
            assertEquals(texts(frames, 0, count), read(BlockFormat.compressed(frames, 3), frames.last()));
        }
    }

    /** Few types are looked for in another way than many. */
    @ParameterizedTest
    @ValueSource(ints = {16, 17, 5000})
    void givesBackEachOfManyTypes(int types) throws SQLException {
        FrameBlock frames = new FrameBlock(1, 1, 1);
        for (int i = 0; i < 2 * types; i++) {
            frames.add(new ArrivedFrame(FrameKind.EVENT, new byte[] {'\n'}, 0, 1, i, "t" + i % types, "", 0));
        }

        assertEquals(texts(frames, 0, 2 * types), read(BlockFormat.plain(frames, 0, 2 * types), frames.last()));
        assertEquals(texts(frames, 0, 2 * types), read(BlockFormat.compressed(frames, 3), frames.last()));
    }

    @Test
    void tellsTheTotalsWithoutTheRest() {
        assertTellsTheTotals(frames(300, new Random(5), FrameKind.EVENT, FrameKind.COMMENT, FrameKind.PART));
        FrameBlock compressed = frames(1, new Random(6), FrameKind.ENCODED);
        compressed.addAll(frames(300, new Random(7)));
        assertTellsTheTotals(compressed);
    }

    private static void assertTellsTheTotals(FrameBlock frames) {
        RunTotals expected = RunTotals.NONE.plus(frames);
        RunTotals plain = RunTotals.NONE;
        for (int from = 0; from < frames.count(); ) {
            int to = BlockFormat.rowEnd(frames, from, 1000);
            byte[] content = BlockFormat.plain(frames, from, to);
            plain = BlockFormat.totals(
                    plain, Arrays.copyOf(content, Math.min(content.length, BlockFormat.SUMMARY_BYTES_MAX)));
            from = to;
        }

        assertEquals(expected, plain);
        assertEquals(expected, BlockFormat.totals(RunTotals.NONE, BlockFormat.compressed(frames, 3)));
    }

    @Test
    void compressesWhatRepeatsItself() {
        FrameBlock frames = frames(500, new Random(6));

        assertTrue(BlockFormat.compressed(frames, 3).length * 3 < BlockFormat.plain(frames, 0, 500).length);
    }

    @Test
    void commitsCompressWhatIsLargeAndShrinks() throws SQLException {
        FrameBlock large = frames(500, new Random(9));
        FrameBlock small = frames(20, new Random(9));
        FrameBlock noise = new FrameBlock(1, 1, 1);
        byte[] random = new byte[2 * BlockFormat.COMPRESSED_FROM];
        new Random(9).nextBytes(random);
        noise.add(new ArrivedFrame(FrameKind.RESPONSE, random, 0, random.length, 1, null, "", 0));

        assertCommitted(true, large);
        assertCommitted(false, small);
        assertCommitted(false, noise);
    }

    private static void assertCommitted(boolean compressed, FrameBlock frames) throws SQLException {
        byte[] content = BlockFormat.committed(frames, 0, frames.count());
        assertEquals(compressed, BlockFormat.isCompressed(content));
        assertEquals(texts(frames, 0, frames.count()), read(content, frames.last()));
    }

    /** A bit may flip on a disk: what it makes of a length must not be taken for memory. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5})
    void takesNoMemoryForADamagedLength(int count) throws SQLException {
        FrameBlock frames = frames(count, new Random(10));
        frames.add(new ArrivedFrame(FrameKind.EVENT, new byte[5000], 0, 5000, 1, "message", "7", 0));
        for (byte[] content : List.of(BlockFormat.plain(frames, 0, count + 1), BlockFormat.compressed(frames, 3))) {
            for (int bit = 0; bit < 8 * Math.min(200, content.length); bit++) {
                byte[] damaged = content.clone();
                damaged[bit / 8] ^= (byte) (1 << bit % 8);
                // A number may go on in the next byte: then it may be any.
                damaged[Math.min(bit / 8 + 1, content.length - 1)] |= (byte) (bit % 8 == 7 ? 0x80 : 0);
                try {
                    BlockFormat.read(
                            damaged,
                            500,
                            (sequence, frame) -> assertTrue(0 <= frame.from()
                                    && frame.from() <= frame.to()
                                    && frame.to() <= frame.source().length
                                    && frame.source().length < 10_000));
                } catch (RuntimeException refused) {
                    assertFalse(refused instanceof NegativeArraySizeException, refused::toString);
                }
            }
        }
    }

    @Test
    void refusesWhatIsNoBlock() {
        byte[] content = BlockFormat.compressed(frames(500, new Random(7)), 3);
        byte[] damaged = content.clone();
        damaged[content.length / 2] ^= 0x55;
        byte[] ofAnotherForm = content.clone();
        ofAnotherForm[0] = 9;

        assertThrows(IllegalArgumentException.class, () -> read(damaged, 500));
        assertThrows(IllegalArgumentException.class, () -> read(ofAnotherForm, 500));
        assertThrows(IllegalArgumentException.class, () -> read(Arrays.copyOf(content, content.length / 2), 500));
        byte[] plain = BlockFormat.plain(frames(5, new Random(8)), 0, 5);
        assertThrows(IndexOutOfBoundsException.class, () -> read(Arrays.copyOf(plain, plain.length / 3), 5));
        assertThrows(
                IndexOutOfBoundsException.class, () -> BlockFormat.totals(RunTotals.NONE, Arrays.copyOf(plain, 3)));
    }
}
