package io.runtape.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import io.runtape.sse.FrameKind;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * How the rows of blocks hold frames (docs/internals/storage.md): consecutive frames of one run with their bytes joined.
 * What a block sums up to comes first, so that it can be read without the rest. Numbers are of variable length, seven
 * bits a byte, the lowest first.
 *
 * <pre>
 * form             one byte: 1 plain, 2 compressed with zstd
 * summary          frames, events, bytes, bytes of kind encoded, offset of the first frame in microseconds
 * length           of the rest when it is decoded; in the compressed form only
 * types            how many, then each as a string
 * tags             one byte a frame: its kind in the low three bits, and a bit each for a type, parts, an event ID
 * columns          of all frames that have them: type (its place in the list, if there are several), parts, event ID (a
 *                  string), length (if there are several frames), offset (as the difference from the frame before,
 *                  its sign in the lowest bit, from the second frame on)
 * bytes            of all frames
 * </pre>
 */
public final class BlockFormat {

    /** The most frames' bytes of a row that a commit writes, unless one frame alone is longer. */
    public static final int ROW_BYTES_MAX = 64 << 10;

    /**
     * A row with so many bytes of frames is compressed when it is written: what does not fit into a page, PostgreSQL cuts into
     * pieces with an index of their own.
     */
    public static final int COMPRESSED_FROM = 4 << 10;

    /** The level of zstd for that: the fastest, since a commit waits for it. */
    private static final int COMMIT_LEVEL = 1;

    /** More than a summary takes. */
    static final int SUMMARY_BYTES_MAX = 40;

    private static final byte PLAIN = 1;
    private static final byte ZSTD = 2;

    /** So many types are looked for in their list, which takes less than hashing each. An agent may send each event with another one. */
    private static final int FEW_TYPES = 16;

    private static final int KIND_BITS = 0x07;
    private static final int HAS_TYPE = 0x08;
    private static final int HAS_PARTS = 0x10;
    private static final int HAS_ID = 0x20;

    private BlockFormat() {}

    /** The index behind the last frame of the row that begins with the frame at this index. */
    public static int rowEnd(FrameBlock frames, int from) {
        return rowEnd(frames, from, ROW_BYTES_MAX);
    }

    static int rowEnd(FrameBlock frames, int from, int bytesMax) {
        int start = frames.start(from);
        int end = from + 1;
        while (end < frames.count() && frames.end(end) - start <= bytesMax) {
            end++;
        }
        return end;
    }

    /** The content of a row with the frames between two indexes, at least one, as a commit writes it. */
    public static byte[] committed(FrameBlock frames, int from, int to) {
        return frames.end(to - 1) - frames.start(from) < COMPRESSED_FROM
                ? plain(frames, from, to)
                : compressed(frames, from, to, COMMIT_LEVEL);
    }

    /** Whether a row's content is compressed. */
    public static boolean isCompressed(byte[] content) {
        return content[0] == ZSTD;
    }

    /** The content of a row with the frames between two indexes, at least one, not compressed. */
    static byte[] plain(FrameBlock frames, int from, int to) {
        BlockBytes out =
                new BlockBytes(SUMMARY_BYTES_MAX + frames.end(to - 1) - frames.start(from) + 32 + 8 * (to - from));
        out.put(PLAIN);
        summary(out, frames, from, to);
        rest(out, frames, from, to);
        return out.toArray();
    }

    /** The content of a row with all frames of a block, compressed at a level of zstd; plain where that is not longer. */
    public static byte[] compressed(FrameBlock frames, int level) {
        return compressed(frames, 0, frames.count(), level);
    }

    private static byte[] compressed(FrameBlock frames, int from, int to, int level) {
        BlockBytes rest = new BlockBytes(frames.end(to - 1) - frames.start(from) + 32 + 8 * (to - from));
        rest(rest, frames, from, to);
        BlockBytes out = new BlockBytes(SUMMARY_BYTES_MAX + (int) Zstd.compressBound(rest.length));
        out.put(ZSTD);
        summary(out, frames, from, to);
        out.number(rest.length);
        return out.compress(rest, level) < rest.length ? out.toArray() : plain(frames, from, to);
    }

    private static void summary(BlockBytes out, FrameBlock frames, int from, int to) {
        int events = 0;
        int encoded = 0;
        for (int i = from; i < to; i++) {
            FrameKind kind = frames.kind(i);
            events += kind == FrameKind.EVENT ? 1 : 0;
            encoded += kind == FrameKind.ENCODED ? frames.end(i) - frames.start(i) : 0;
        }
        out.number(to - from);
        out.number(events);
        out.number(frames.end(to - 1) - frames.start(from));
        out.number(encoded);
        out.number(frames.offsetMicros(from));
    }

    private static void rest(BlockBytes out, FrameBlock frames, int from, int to) {
        List<String> types = types(frames, from, to);
        out.number(types.size());
        types.forEach(out::string);
        for (int i = from; i < to; i++) {
            out.put((byte) (frames.kind(i).code()
                    | (frames.type(i) == null ? 0 : HAS_TYPE)
                    | (frames.parts(i) == 0 ? 0 : HAS_PARTS)
                    | (frames.lastEventId(i).isEmpty() ? 0 : HAS_ID)));
        }
        if (types.size() > 1) {
            ToIntFunction<String> places = types.size() > FEW_TYPES ? places(types)::get : types::indexOf;
            for (int i = from; i < to; i++) {
                String type = frames.type(i);
                if (type != null) {
                    out.number(places.applyAsInt(type));
                }
            }
        }
        for (int i = from; i < to; i++) {
            if (frames.parts(i) > 0) {
                out.number(frames.parts(i));
            }
        }
        for (int i = from; i < to; i++) {
            if (!frames.lastEventId(i).isEmpty()) {
                out.string(frames.lastEventId(i));
            }
        }
        for (int i = from; to - from > 1 && i < to; i++) {
            out.number(frames.end(i) - frames.start(i));
        }
        for (int i = from + 1; i < to; i++) {
            long step = frames.offsetMicros(i) - frames.offsetMicros(i - 1);
            out.number(step << 1 ^ step >> 63);
        }
        out.put(frames.bytes(), frames.start(from), frames.end(to - 1) - frames.start(from));
    }

    /** The types of the frames, each once. */
    private static List<String> types(FrameBlock frames, int from, int to) {
        @Nullable String first = null;
        @Nullable List<String> several = null;
        @Nullable Set<String> many = null;
        for (int i = from; i < to; i++) {
            String type = frames.type(i);
            if (type == null || type.equals(first)) {
                continue;
            }
            if (first == null) {
                first = type;
            } else if (several == null) {
                several = new ArrayList<>(List.of(first, type));
            } else if (many == null ? !several.contains(type) : many.add(type)) {
                several.add(type);
                if (many == null && several.size() > FEW_TYPES) {
                    many = new HashSet<>(several);
                }
            }
        }
        return several != null ? several : first == null ? List.of() : List.of(first);
    }

    private static Map<String, Integer> places(List<String> types) {
        Map<String, Integer> places = new HashMap<>();
        for (int i = 0; i < types.size(); i++) {
            places.put(types.get(i), i);
        }
        return places;
    }

    /**
     * Reads the summary of a block into the totals of a run, behind the blocks before it.
     *
     * @param before the totals of the blocks before it
     * @param content at least the first {@link #SUMMARY_BYTES_MAX} bytes of the content, or all of it
     * @throws RuntimeException if the content ends within the summary
     */
    static RunTotals totals(RunTotals before, byte[] content) {
        BlockInput in = new BlockInput(content, 1);
        long frames = in.number();
        long events = in.number();
        long bytes = in.number();
        long encodedBytes = in.number();
        long offset = in.number();
        boolean encoded = before.frames() == 0 ? encodedBytes > 0 : before.encoded();
        return new RunTotals(
                before.frames() + frames,
                before.events() + events,
                before.bytes() + (encoded ? encodedBytes : bytes),
                before.firstOffsetMicros() < 0 ? offset : before.firstOffsetMicros(),
                encoded);
    }

    /**
     * Reads the frames of a block, in their order.
     *
     * @param last the sequence of the last frame
     * @param sink takes each frame; the array with its bytes is the sink's from then on, and holds other frames too
     * @throws RuntimeException if the content is no block that this version can read; it takes no more memory then than one that is
     */
    public static void read(byte[] content, long last, FrameTable.Sink sink) throws SQLException {
        BlockInput in = new BlockInput(content, 1);
        int count = Math.toIntExact(in.number());
        in.number();
        int bytes = Math.toIntExact(in.number());
        in.number();
        long offset = in.number();
        switch (content[0]) {
            case PLAIN -> {}
            case ZSTD -> in = new BlockInput(decompressed(in), 0);
            default -> throw new IllegalArgumentException("No block has the form " + content[0]);
        }
        new Columns(in, count, bytes, offset).readTo(last - count, sink);
    }

    private static byte[] decompressed(BlockInput in) {
        int length = Math.toIntExact(in.number());
        byte[] source = in.bytes();
        if (Zstd.getFrameContentSize(source, in.at(), source.length - in.at()) != length) {
            throw new IllegalArgumentException("A block has another length than it says");
        }
        try {
            return Zstandard.decompressed(source, in.at(), length);
        } catch (ZstdException e) {
            throw new IllegalArgumentException("A block cannot be decompressed", e);
        }
    }

    /** The columns of a block's frames. */
    private static final class Columns {

        private final int count;
        private final byte[] source;
        private final int tagsAt;
        private final String[] types;
        private final @Nullable String[] typeOf;
        private final int[] parts;
        private final String[] ids;
        private final int[] lengths;
        private final long[] offsets;
        private final int bytesAt;

        Columns(BlockInput in, int count, int bytes, long firstOffset) {
            this.count = count;
            this.source = in.bytes();
            types = new String[in.count()];
            for (int i = 0; i < types.length; i++) {
                types[i] = in.string();
            }
            tagsAt = in.skip(count);
            typeOf = new String[count];
            for (int i = 0; i < count; i++) {
                if ((tag(i) & HAS_TYPE) != 0) {
                    typeOf[i] = types[types.length == 1 ? 0 : Math.toIntExact(in.number())];
                }
            }
            parts = new int[count];
            for (int i = 0; i < count; i++) {
                parts[i] = (tag(i) & HAS_PARTS) == 0 ? 0 : Math.toIntExact(in.number());
            }
            ids = new String[count];
            for (int i = 0; i < count; i++) {
                ids[i] = (tag(i) & HAS_ID) == 0 ? "" : in.string();
            }
            lengths = new int[count];
            long all = 0;
            for (int i = 0; i < count; i++) {
                lengths[i] = count == 1 ? bytes : in.count();
                all += lengths[i];
            }
            if (all != bytes) {
                throw new IllegalArgumentException("The frames of a block have other bytes than it says");
            }
            offsets = new long[count];
            offsets[0] = firstOffset;
            for (int i = 1; i < count; i++) {
                long step = in.number();
                offsets[i] = offsets[i - 1] + (step >>> 1 ^ -(step & 1));
            }
            bytesAt = in.skip(bytes);
        }

        private int tag(int index) {
            return source[tagsAt + index];
        }

        void readTo(long before, FrameTable.Sink sink) throws SQLException {
            int from = bytesAt;
            for (int i = 0; i < count; i++) {
                int to = from + lengths[i];
                ArrivedFrame frame = new ArrivedFrame(
                        FrameKind.ofCode(tag(i) & KIND_BITS),
                        source,
                        from,
                        to,
                        offsets[i],
                        typeOf[i],
                        ids[i],
                        parts[i]);
                sink.frame(before + 1 + i, frame);
                from = to;
            }
        }
    }

    /** Bytes that grow. */
    private static final class BlockBytes {

        private byte[] bytes;
        private int length;

        BlockBytes(int expected) {
            bytes = new byte[expected];
        }

        private void ensure(int more) {
            if (length + more > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
            }
        }

        void put(byte value) {
            ensure(1);
            bytes[length++] = value;
        }

        void put(byte[] source, int from, int count) {
            ensure(count);
            System.arraycopy(source, from, bytes, length, count);
            length += count;
        }

        void number(long value) {
            ensure(10);
            long left = value;
            while ((left & ~0x7fL) != 0) {
                bytes[length++] = (byte) (left | 0x80);
                left >>>= 7;
            }
            bytes[length++] = (byte) left;
        }

        void string(String text) {
            byte[] utf8 = text.getBytes(UTF_8);
            number(utf8.length);
            put(utf8, 0, utf8.length);
        }

        /** Appends the other bytes, compressed; there must be room. Returns how many they are then. */
        int compress(BlockBytes other, int level) {
            // With a checksum, so that a damaged block is refused.
            int written = Zstandard.compress(other.bytes, other.length, bytes, length, level, true);
            length += written;
            return written;
        }

        byte[] toArray() {
            return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
        }
    }

    /** A position in the bytes of a block. */
    private static final class BlockInput {

        private final byte[] bytes;
        private int at;

        BlockInput(byte[] bytes, int at) {
            this.bytes = bytes;
            this.at = at;
        }

        byte[] bytes() {
            return bytes;
        }

        int at() {
            return at;
        }

        long number() {
            long value = 0;
            int shift = 0;
            byte next;
            do {
                next = bytes[at++];
                value |= (long) (next & 0x7f) << shift;
                shift += 7;
            } while (next < 0);
            return value;
        }

        String string() {
            int length = Math.toIntExact(number());
            return new String(bytes, skip(length), length, UTF_8);
        }

        /** The number of things that follow and take a byte each at least: more of them would take memory for nothing. */
        int count() {
            int count = Math.toIntExact(number());
            requireLeft(count);
            return count;
        }

        private void requireLeft(int count) {
            if (count < 0 || count > bytes.length - at) {
                throw new IndexOutOfBoundsException("A block ends too early");
            }
        }

        /** Where the next bytes begin, so many of which are left behind. */
        int skip(int count) {
            requireLeft(count);
            int from = at;
            at += count;
            return from;
        }
    }
}
