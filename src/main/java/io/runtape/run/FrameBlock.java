package io.runtape.run;

import io.runtape.sse.FrameKind;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive frames of one run, with their bytes in one array: the frames that one commit stores of a run, or that one
 * read returns. A block that was handed on never changes, and any thread may read it; until then it belongs to the code
 * that fills it.
 */
public final class FrameBlock {

    /**
     * About what a frame takes in memory and in its row besides its bytes: streams may consist of frames of three
     * bytes.
     */
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
    /** The strings of {@link LastEventIds}. Empty as long as no frame has one. */
    private String[] lastEventIds = NO_IDS;
    /** Empty as long as no frame has parts. */
    private int[] parts = NO_PARTS;

    private boolean encoded;
    private long weight;

    private final long arrivedNanos;
    private long committedNanos;

    /**
     * Begins a block without frames.
     *
     * @param first the sequence of its first frame
     * @param framesExpected how many frames to reserve room for
     * @param bytesExpected how many bytes to reserve room for; the block grows as needed
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
        this.encoded = of.encoded;
        this.weight = of.weight;
    }

    /**
     * Adds a frame behind the present ones, and copies its bytes.
     *
     * @return how much it adds to {@link #weight}
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
        encoded |= frame.kind() == FrameKind.ENCODED;
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
     * Adds a frame from the database.
     *
     * @throws DamagedFramesException if the frame does not follow the present ones
     */
    public void addNext(long sequence, ArrivedFrame frame) throws DamagedFramesException {
        if (sequence != last() + 1) {
            throw new DamagedFramesException("frame " + (last() + 1) + " of a run is missing");
        }
        add(frame);
    }

    /** Adds the frames of a block that follows this one. */
    public void addAll(FrameBlock more) {
        for (int i = 0; i < more.count(); i++) {
            add(more.frame(i));
        }
    }

    /** The frame at this index, counted from 0; its bytes are those of the block. */
    public ArrivedFrame frame(int index) {
        return new ArrivedFrame(
                kind(index),
                bytes,
                start(index),
                end(index),
                offsetMicros(index),
                type(index),
                lastEventId(index),
                parts(index));
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

    /** The sequence of the last frame; {@code first() - 1} if there is no frame. */
    public long last() {
        return first + count - 1;
    }

    /** How many frames the block has. */
    public int count() {
        return count;
    }

    /** How many of the frames are events; each call counts them anew. */
    public int events() {
        int events = 0;
        for (int i = 0; i < count; i++) {
            events += kinds[i] == FrameKind.EVENT ? 1 : 0;
        }
        return events;
    }

    /** Whether frames of kind encoded are among these; true also if such a frame was among those that it was cut from. */
    public boolean hasEncoded() {
        return encoded;
    }

    /** How many bytes the frames of kind encoded have together; each call counts them anew. */
    public int encodedLength() {
        int bytes = 0;
        for (int i = 0; encoded && i < count; i++) {
            bytes += kinds[i] == FrameKind.ENCODED ? ends[i] - start(i) : 0;
        }
        return bytes;
    }

    /** How many bytes all frames have together. */
    public int length() {
        return count == 0 ? 0 : ends[count - 1];
    }

    /** How many characters the event IDs have that the rows of the frames hold; each call counts them anew. */
    public int idChars() {
        int chars = 0;
        for (int i = 0; lastEventIds.length > 0 && i < count; i++) {
            chars += lastEventIds[i].length();
        }
        return chars;
    }

    /** About how much memory the block takes: the frames' bytes and their overhead. Counts against all bounds. */
    public long weight() {
        return weight;
    }

    /** The array with the bytes of all frames one after the other, up to {@link #length()}; do not write to it. */
    public byte[] bytes() {
        return bytes;
    }

    /** Where the frame at this index, counted from 0, begins in {@link #bytes()}. */
    public int start(int index) {
        return index == 0 ? 0 : ends[index - 1];
    }

    /** Where the frame ends. */
    public int end(int index) {
        return ends[index];
    }

    /** The frame's sequence. */
    public long sequence(int index) {
        return first + index;
    }

    /** The frame's kind. */
    public FrameKind kind(int index) {
        return kinds[index];
    }

    /** Microseconds from the run's beginning to the frame's arrival. */
    public long offsetMicros(int index) {
        return offsets[index];
    }

    /** The stored type of the frame; null if it is no event. */
    public @Nullable String type(int index) {
        return types[index];
    }

    /** The row's value for the last event ID in force; empty for no value, and for frames from the database. */
    public String lastEventId(int index) {
        return lastEventIds.length == 0 ? "" : lastEventIds[index];
    }

    /** How many frames of kind part directly before the frame belong to it. */
    public int parts(int index) {
        return parts.length == 0 ? 0 : parts[index];
    }

    /**
     * When the first frame arrived or, for frames from the database, when they were read; by {@link System#nanoTime}.
     */
    public long arrivedNanos() {
        return arrivedNanos;
    }

    /** When the frames became durable, by {@link System#nanoTime}. */
    public long committedNanos() {
        return committedNanos;
    }

    /**
     * Marks the frames as durable; call it before the block is handed on.
     *
     * @param nanos when the gateway learned it, by {@link System#nanoTime}
     */
    public void committedAt(long nanos) {
        committedNanos = nanos;
    }

    /**
     * The frames up to the one that reaches so many bytes, counted from a given frame. If that lies amid the parts of a
     * frame, with those of kind encoded among them, the block goes on to the frame that they belong to. Copies nothing.
     *
     * @param from the index of the first frame that counts
     */
    public FrameBlock upToBytes(int from, int bytesMax) {
        int start = start(from);
        if (length() - start <= bytesMax) {
            return this;
        }
        int frames = from;
        boolean amidParts = false;
        do {
            FrameKind kind = kinds[frames++];
            amidParts = kind == FrameKind.PART || amidParts && kind == FrameKind.ENCODED;
        } while (frames < count && (ends[frames - 1] - start < bytesMax || amidParts));
        return frames == count ? this : upTo(frames);
    }

    /** The first {@code frames} of these frames; copies nothing. */
    public FrameBlock upTo(int frames) {
        return new FrameBlock(this, frames);
    }
}
