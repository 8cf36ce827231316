package io.runtape.run;

import io.runtape.sse.FrameKind;
import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive frames of one run, their bytes in one array: what one commit stores of a run, or one read brings back. Once
 * handed on it never changes and may be read by any thread; until then it belongs to whoever fills it.
 */
public final class FrameBlock {

    /** What a frame takes in memory and in its row beside its bytes, about: streams may consist of frames of three bytes. */
    private static final int FRAME_WEIGHT = 32;

    private static final String[] NO_IDS = {};
    private static final int[] NO_PARTS = {};

    private final long first;
    private int count;
    private byte[] bytes;
    private int[] ends;
    private long[] offsets;
    private FrameKind[] kinds;
    private @Nullable String[] types;
    /** As {@link LastEventIds} has them. Stays empty as long as no frame has one. */
    private String[] lastEventIds = NO_IDS;
    /** Stays empty as long as no frame has parts. */
    private int[] parts = NO_PARTS;

    private long weight;

    private final long arrivedNanos;
    private long committedNanos;

    /**
     * Begins a block that has no frame yet.
     *
     * @param first the sequence of its first frame
     * @param framesExpected and
     * @param bytesExpected what to make room for; it grows as needed
     */
    public FrameBlock(long first, int framesExpected, int bytesExpected) {
        this.first = first;
        this.arrivedNanos = System.nanoTime();
        this.committedNanos = arrivedNanos;
        this.bytes = new byte[bytesExpected];
        this.ends = new int[framesExpected];
        this.offsets = new long[framesExpected];
        this.kinds = new FrameKind[framesExpected];
        this.types = new String[framesExpected];
    }

    private FrameBlock(FrameBlock of, int count) {
        this.first = of.first;
        this.arrivedNanos = of.arrivedNanos;
        this.committedNanos = of.committedNanos;
        this.count = count;
        this.bytes = of.bytes;
        this.ends = of.ends;
        this.offsets = of.offsets;
        this.kinds = of.kinds;
        this.types = of.types;
        this.lastEventIds = of.lastEventIds;
        this.parts = of.parts;
        this.weight = of.weight;
    }

    /**
     * Adds a frame behind those that are there; its bytes are copied.
     *
     * @return what it adds to {@link #weight}
     */
    public int add(ArrivedFrame frame) {
        int at = count;
        if (at == ends.length) {
            growFrames();
        }
        int start = length();
        int end = start + frame.length();
        if (end > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(end, bytes.length * 2));
        }
        System.arraycopy(frame.source(), frame.from(), bytes, start, frame.length());
        ends[at] = end;
        offsets[at] = frame.offsetMicros();
        kinds[at] = frame.kind();
        types[at] = frame.type();
        String lastEventId = frame.lastEventId();
        if (!lastEventId.isEmpty() || lastEventIds.length > 0) {
            setLastEventId(at, lastEventId);
        }
        if (frame.parts() > 0) {
            if (parts.length == 0) {
                parts = new int[ends.length];
            }
            parts[at] = frame.parts();
        }
        count++;
        String type = frame.type();
        int added = frame.length() + FRAME_WEIGHT + (type == null ? 0 : type.length()) + lastEventId.length();
        weight += added;
        return added;
    }

    /**
     * Adds a frame that was read back.
     *
     * @throws SQLException where it does not follow those that are there
     */
    public void addNext(RecordedFrame frame) throws SQLException {
        if (frame.sequence() != last() + 1) {
            throw new SQLException("frame " + (last() + 1) + " of a run is missing");
        }
        byte[] source = frame.bytes();
        add(new ArrivedFrame(
                frame.kind(), source, 0, source.length, frame.offsetMicros(), frame.type(), "", frame.parts()));
    }

    private void setLastEventId(int at, String lastEventId) {
        if (lastEventIds.length == 0) {
            lastEventIds = new String[ends.length];
            Arrays.fill(lastEventIds, "");
        }
        lastEventIds[at] = lastEventId;
    }

    private void growFrames() {
        int room = ends.length * 2;
        ends = Arrays.copyOf(ends, room);
        offsets = Arrays.copyOf(offsets, room);
        kinds = Arrays.copyOf(kinds, room);
        types = Arrays.copyOf(types, room);
        if (lastEventIds.length > 0) {
            int had = lastEventIds.length;
            lastEventIds = Arrays.copyOf(lastEventIds, room);
            Arrays.fill(lastEventIds, had, room, "");
        }
        if (parts.length > 0) {
            parts = Arrays.copyOf(parts, room);
        }
    }

    /** The sequence of the first frame. */
    public long first() {
        return first;
    }

    /** The sequence of the last frame; {@code first() - 1} where there is none. */
    public long last() {
        return first + count - 1;
    }

    /** How many frames these are. */
    public int count() {
        return count;
    }

    /** How many of them are events; they are counted each time. */
    public int events() {
        int events = 0;
        for (int i = 0; i < count; i++) {
            events += kinds[i] == FrameKind.EVENT ? 1 : 0;
        }
        return events;
    }

    /** How many bytes all frames have together. */
    public int length() {
        return count == 0 ? 0 : ends[count - 1];
    }

    /** What it takes in memory, about: the frames' bytes, and what each has beside them. Counted against all bounds. */
    public long weight() {
        return weight;
    }

    /** The array that holds the bytes of all frames one after the other, to be read only, up to {@link #length()}. */
    public byte[] bytes() {
        return bytes;
    }

    /** Where the frame at this index, counted from 0, begins in {@link #bytes()}. */
    public int start(int index) {
        return index == 0 ? 0 : ends[index - 1];
    }

    /** Where it ends. */
    public int end(int index) {
        return ends[index];
    }

    /** Its sequence. */
    public long sequence(int index) {
        return first + index;
    }

    /** Its kind. */
    public FrameKind kind(int index) {
        return kinds[index];
    }

    /** Microseconds from the run's beginning to its arrival. */
    public long offsetMicros(int index) {
        return offsets[index];
    }

    /** The type that is stored with it; null where it is no event. */
    public @Nullable String type(int index) {
        return types[index];
    }

    /** What its row says of the last event ID in force; empty for nothing, and where the frames were read back. */
    public String lastEventId(int index) {
        return lastEventIds.length == 0 ? "" : lastEventIds[index];
    }

    /** How many frames of kind part directly before it belong to it. */
    public int parts(int index) {
        return parts.length == 0 ? 0 : parts[index];
    }

    /** When the first of them arrived or, where they were read back, when they were read; by {@link System#nanoTime}. */
    public long arrivedNanos() {
        return arrivedNanos;
    }

    /** When they became durable, by {@link System#nanoTime}. */
    public long committedNanos() {
        return committedNanos;
    }

    /**
     * They are durable now; said before they are handed on.
     *
     * @param nanos when that was known, by {@link System#nanoTime}
     */
    public void committedAt(long nanos) {
        committedNanos = nanos;
    }

    /**
     * These frames up to the one that reaches so many bytes, counted from a frame on, and the parts behind it with the frame that
     * they lead; nothing is copied.
     *
     * @param from the index of the first frame that counts
     */
    public FrameBlock upToBytes(int from, int bytesMax) {
        int start = start(from);
        if (length() - start <= bytesMax) {
            return this;
        }
        int frames = from + 1;
        while (frames < count && (ends[frames - 1] - start < bytesMax || kinds[frames - 1] == FrameKind.PART)) {
            frames++;
        }
        return frames == count ? this : upTo(frames);
    }

    /** The first {@code frames} of these frames; nothing is copied. */
    public FrameBlock upTo(int frames) {
        return new FrameBlock(this, frames);
    }
}
