package io.runtape.stats;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Whole numbers from 0 on as bytes, seven bits each, the last ones first. Small numbers take little room. */
final class Varints {

    private Varints() {}

    static void write(ByteArrayOutputStream to, long number) {
        long rest = number;
        while ((rest & ~0x7FL) != 0) {
            to.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        to.write((int) rest);
    }

    /** Writes a text, or that there is none. */
    static void write(ByteArrayOutputStream to, @Nullable String text) {
        if (text == null) {
            write(to, 0);
        } else {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            write(to, bytes.length + 1L);
            to.writeBytes(bytes);
        }
    }

    /** Reads what was written, in the same order. */
    static final class Reader {

        private final byte[] bytes;
        private int at;

        Reader(byte[] bytes) {
            this(bytes, 0);
        }

        /** @param at where it begins */
        Reader(byte[] bytes, int at) {
            this.bytes = bytes;
            this.at = at;
        }

        /** How many bytes are before the next value. */
        int position() {
            return at;
        }

        boolean hasMore() {
            return at < bytes.length;
        }

        long number() {
            long number = 0;
            int shift = 0;
            while (true) {
                byte next = bytes[at++];
                number |= (next & 0x7FL) << shift;
                if (next >= 0) {
                    return number;
                }
                shift += 7;
            }
        }

        int small() {
            return (int) number();
        }

        @Nullable
        String text() {
            int length = small() - 1;
            if (length < 0) {
                return null;
            }
            String text = new String(bytes, at, length, StandardCharsets.UTF_8);
            at += length;
            return text;
        }
    }
}
