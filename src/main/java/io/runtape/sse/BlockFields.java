package io.runtape.sse;

import org.jspecify.annotations.Nullable;

/** The fields of the block that is being read, line by line, as far as they decide its frame. */
final class BlockFields {
    /**
     * The longest value of an {@code event} or {@code id} field that a frame carries. A longer one is treated as if its
     * line were not there: such an id could never come back in a {@code Last-Event-ID} header (servers refuse headers over
     * 8 to 64 KiB), and no stream names its events so. Without a bound a hostile stream could hold memory with values that
     * are cut over many parts.
     */
    static final int VALUE_BYTES_MAX = 64 * 1024;

    private final EventTypes eventTypes = new EventTypes();

    private boolean anyLine;
    private boolean data;
    private @Nullable String event;
    private @Nullable String id;

    /** Takes one line, which is not blank, without its line end. */
    void line(byte[] bytes, int from, int to) {
        anyLine = true;
        FieldName name = FieldName.of(bytes, from, to);
        switch (name) {
            case DATA -> data = true;
            case EVENT -> event(bytes, name.valueFrom(bytes, from, to), to);
            case ID -> id(bytes, name.valueFrom(bytes, from, to), to);
            case OTHER -> {}
        }
    }

    private void event(byte[] bytes, int from, int to) {
        if (to - from <= VALUE_BYTES_MAX) {
            event = from == to ? null : eventTypes.of(bytes, from, to);
        }
    }

    private void id(byte[] bytes, int from, int to) {
        if (to - from <= VALUE_BYTES_MAX && !containsNul(bytes, from, to)) {
            id = Utf8.decode(bytes, from, to);
        }
    }

    /** Section 9.2.6: an id that contains U+0000 is ignored. */
    private static boolean containsNul(byte[] bytes, int from, int to) {
        for (int at = from; at < to; at++) {
            if (bytes[at] == 0) {
                return true;
            }
        }
        return false;
    }

    /** Whether the block has a line at all, a comment or an unknown field included. */
    boolean hasLine() {
        return anyLine;
    }

    /** Whether the block dispatches an event. */
    boolean hasData() {
        return data;
    }

    /** The last {@code event} value, null where there is none or it is empty. */
    @Nullable
    String event() {
        return event;
    }

    /** The last valid {@code id} value, null where the block has none. An empty one resets the last event ID. */
    @Nullable
    String id() {
        return id;
    }

    void reset() {
        anyLine = false;
        data = false;
        event = null;
        id = null;
    }
}
