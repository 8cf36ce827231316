package io.runtape.sse;

/** Bytes that wait for more. Grows by doubling up to its limit and gives a large array back when it is cleared. */
final class HeldBytes {
    private static final byte[] NONE = {};

    /** Holds a usual frame, yet costs little in each of ten thousand live streams. */
    private static final int FIRST_BYTES = 256;

    /** A larger array is dropped when cleared, so that one large frame does not cost its memory for the whole stream. */
    private static final int RETAINED_BYTES_MAX = 16 * 1024;

    private final int bytesMax;
    private byte[] bytes = NONE;
    private int length;

    /** Holds at most {@code bytesMax} bytes; the caller ensures it. */
    HeldBytes(int bytesMax) {
        this.bytesMax = bytesMax;
    }

    void append(byte[] source, int from, int to) {
        int needed = length + (to - from);
        assert needed >= 0 && needed <= bytesMax : "over the limit of " + bytesMax;
        if (needed > bytes.length) {
            grow(needed);
        }
        System.arraycopy(source, from, bytes, length, to - from);
        length = needed;
    }

    private void grow(int needed) {
        long doubled = Math.max(FIRST_BYTES, 2L * bytes.length);
        byte[] larger = new byte[(int) Math.max(needed, Math.min(doubled, bytesMax))];
        System.arraycopy(bytes, 0, larger, 0, length);
        bytes = larger;
    }

    void clear() {
        length = 0;
        if (bytes.length > RETAINED_BYTES_MAX) {
            bytes = NONE;
        }
    }

    /** The array that holds the bytes in its first {@link #length()} places. */
    byte[] array() {
        return bytes;
    }

    int length() {
        return length;
    }

    boolean isEmpty() {
        return length == 0;
    }
}
