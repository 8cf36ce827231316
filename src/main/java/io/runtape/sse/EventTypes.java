package io.runtape.sse;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The event types that a stream used lately, by their bytes, so that a repeated type is decoded and allocated once. Agent
 * streams have a handful of types and mostly repeat the one before.
 */
final class EventTypes {
    /** The types of every known agent API fit; with more types the oldest is decoded anew. */
    private static final int KEPT_MAX = 16;

    /** A longer type is not kept, so that this stays under two kilobytes for each stream. */
    private static final int KEPT_BYTES_MAX = 64;

    private final @Nullable EventType[] kept = new EventType[KEPT_MAX];
    private int oldest;
    private @Nullable EventType latest;

    String of(byte[] bytes, int from, int to) {
        if (latest != null && latest.is(bytes, from, to)) {
            return latest.name;
        }
        for (EventType type : kept) {
            if (type != null && type.is(bytes, from, to)) {
                latest = type;
                return type.name;
            }
        }
        String name = Utf8.decode(bytes, from, to);
        if (to - from <= KEPT_BYTES_MAX) {
            latest = new EventType(Arrays.copyOfRange(bytes, from, to), name);
            kept[oldest] = latest;
            oldest = (oldest + 1) % KEPT_MAX;
        }
        return name;
    }

    private static final class EventType {
        private final byte[] bytes;
        private final String name;

        EventType(byte[] bytes, String name) {
            this.bytes = bytes;
            this.name = name;
        }

        boolean is(byte[] other, int from, int to) {
            return Arrays.equals(bytes, 0, bytes.length, other, from, to);
        }
    }
}
