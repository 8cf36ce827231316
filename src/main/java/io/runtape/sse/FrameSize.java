package io.runtape.sse;

/** The size of the largest frame. */
public final class FrameSize {

    /** Arrays of frames grow to twice their length, and the longest array has about this many bytes twice. */
    private static final int BYTES_MAX = Integer.MAX_VALUE / 2;

    private FrameSize() {}

    /** As many bytes as are set, or the most that an array can hold while it grows. */
    public static int max(long set) {
        return (int) Math.min(BYTES_MAX, set);
    }
}
