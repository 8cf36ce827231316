package io.runtape.segment;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes numbers and texts into memory, in few bytes. Not into a stream of the JDK, which takes a lock for each byte: the terms of a
 * segment are hundreds of thousands of bytes. Confined to one thread.
 */
public final class ByteWriter {

    private byte[] bytes = new byte[32];
    private int size;

    /** Writes a number as 64 bits without a sign, seven bits a byte, the lowest first. */
    public ByteWriter number(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            one((byte) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        one((byte) rest);
        return this;
    }

    /** Writes any number; those near 0 are short. */
    public ByteWriter signed(long value) {
        return number(value << 1 ^ value >> 63);
    }

    /** Writes bytes as they are. */
    ByteWriter bytes(byte[] some) {
        makeRoom(some.length);
        System.arraycopy(some, 0, bytes, size, some.length);
        size += some.length;
        return this;
    }

    private void one(byte value) {
        makeRoom(1);
        bytes[size++] = value;
    }

    private void makeRoom(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), 2 * size));
        }
    }

    /** Writes a text, with its length before it. */
    public ByteWriter text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return number(utf8.length).bytes(utf8);
    }

    /** How many bytes it has written. */
    public int size() {
        return size;
    }

    /** All of them. */
    public byte[] written() {
        return Arrays.copyOf(bytes, size);
    }
}
