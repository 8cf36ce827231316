package io.runtape.segment;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Reads what {@link ByteWriter} wrote. Confined to one thread. */
public final class ByteReader {

    private final byte[] bytes;
    private int at;

    public ByteReader(byte[] bytes) {
        this(bytes, 0);
    }

    /** @param at where it begins */
    ByteReader(byte[] bytes, int at) {
        this.bytes = bytes;
        this.at = at;
    }

    /** Where the next thing begins. */
    int at() {
        return at;
    }

    /** Whether something follows. */
    public boolean hasMore() {
        return at < bytes.length;
    }

    /** How many bytes follow. */
    int left() {
        return bytes.length - at;
    }

    /** Reads what {@link ByteWriter#number} wrote. */
    public long number() {
        // In variables of its own: this is most of what reading long lists of runs takes.
        int from = at;
        byte next = bytes[from++];
        long value = next & 0x7f;
        for (int shift = 7; next < 0; shift += 7) {
            next = bytes[from++];
            value |= (next & 0x7fL) << shift;
        }
        at = from;
        return value;
    }

    /** Reads what {@link ByteWriter#signed} wrote. */
    public long signed() {
        long value = number();
        return value >>> 1 ^ -(value & 1);
    }

    /** The next bytes; valid as long as those that it reads are not changed. */
    ByteBuffer bytes(int length) {
        ByteBuffer some = ByteBuffer.wrap(bytes, at, length);
        at += length;
        return some;
    }

    void skipText() {
        int length = (int) number();
        at += length;
    }

    /** Reads what {@link ByteWriter#text} wrote. */
    public String text() {
        return textWithLength().text;
    }

    /**
     * A text.
     *
     * @param bytes how many bytes of UTF-8 it has
     */
    public record Text(String text, int bytes) {

        /** Each other character has more bytes than units of UTF-16. */
        public boolean isAscii() {
            return bytes == text.length();
        }
    }

    /** The same, with the number of its bytes. */
    public Text textWithLength() {
        int length = (int) number();
        String text = new String(bytes, at, length, StandardCharsets.UTF_8);
        at += length;
        return new Text(text, length);
    }
}
