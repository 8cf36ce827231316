package io.runtape.archive;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.function.LongConsumer;

/** Cuts bytes that come in pieces into lines of bounded length. Confined to one thread at a time. */
final class LineCutter {

    /** A line up to this length takes no room that must be asked for. */
    static final int SHORT = 128 << 10;

    private static final byte[] NOTHING = {};

    /** Takes the lines. */
    interface Lines {
        /** A line without its line end; the array is only valid during the call. */
        void line(byte[] bytes, int from, int length) throws SQLException, IOException;

        /** A line is longer than allowed, and is dropped; told as soon as it is known. */
        void tooLong() throws SQLException;
    }

    private final int bytesMax;
    private final LongConsumer room;
    private final Lines lines;
    private byte[] kept = NOTHING;
    private int length;
    private boolean dropping;

    /**
     * @param bytesMax the longest line
     * @param room gets how many bytes more are about to be kept, or how many fewer, as a negative number; may wait,
     *     and may refuse
     */
    LineCutter(int bytesMax, LongConsumer room, Lines lines) {
        this.bytesMax = bytesMax;
        this.room = room;
        this.lines = lines;
    }

    /** Takes the next bytes. */
    void take(byte[] bytes, int from, int to) throws SQLException, IOException {
        int start = from;
        for (int at = from; at < to; at++) {
            if (bytes[at] == '\n') {
                if (length == 0 && !dropping) {
                    lines.line(bytes, start, at - start);
                } else {
                    keep(bytes, start, at);
                    end();
                }
                start = at + 1;
            }
        }
        keep(bytes, start, to);
    }

    /** The bytes end: what follows the last line end is a line too. */
    void end() throws SQLException, IOException {
        if (!dropping && length > 0) {
            lines.line(kept, 0, length);
        }
        dropping = false;
        forget();
    }

    private void forget() {
        length = 0;
        if (kept.length > SHORT) {
            room.accept(-kept.length);
            kept = NOTHING;
        }
    }

    private void keep(byte[] bytes, int from, int to) throws SQLException {
        int more = to - from;
        if (dropping || more == 0) {
            return;
        }
        if (more > bytesMax - length) {
            dropping = true;
            forget();
            lines.tooLong();
            return;
        }
        int needed = length + more;
        if (needed > kept.length) {
            int capacity = (int) Math.min(bytesMax, Math.max(needed, 2L * kept.length));
            if (capacity > SHORT) {
                room.accept(capacity - (kept.length > SHORT ? kept.length : 0));
            }
            kept = Arrays.copyOf(kept, capacity);
        }
        System.arraycopy(bytes, from, kept, length, more);
        length = needed;
    }
}
