package io.runtape.sse;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The event types that a stream used lately, by their bytes, so that a repeated type is decoded and allocated once. A
 * stream has a handful of them; two that fall on the same place only cost a decoding each time they alternate.
 */
final class EventTypes {
    /** A power of two: the place is cut out of the hash with a mask. */
    private static final int PLACES = 16;

    /** A longer type is not kept, so that the cache of a stream stays under a kilobyte or two. */
    private static final int KEPT_BYTES_MAX = 64;

    private final @Nullable EventType[] places = new EventType[PLACES];

    String of(byte[] bytes, int from, int to) {
        if (to - from > KEPT_BYTES_MAX) {
            return Utf8.decode(bytes, from, to);
        }
        int place = place(bytes, from, to);
        EventType kept = places[place];
        if (kept == null || !Arrays.equals(kept.bytes, 0, kept.bytes.length, bytes, from, to)) {
            kept = new EventType(Arrays.copyOfRange(bytes, from, to), Utf8.decode(bytes, from, to));
            places[place] = kept;
        }
        return kept.name;
    }

    /** From the length, the middle and the last byte: types of one stream often begin alike ({@code content_block_}). */
    private static int place(byte[] bytes, int from, int to) {
        int hash = (to - from) * 7 + bytes[(from + to) >>> 1] * 31 + bytes[to - 1];
        return (hash ^ (hash >>> 4)) & (PLACES - 1);
    }

    private static final class EventType {
        final byte[] bytes;
        final String name;

        EventType(byte[] bytes, String name) {
            this.bytes = bytes;
            this.name = name;
        }
    }
}
