package io.runtape.segment;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes numbers and texts into memory, in few bytes. Confined to one thread. */
public final class ByteWriter {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Writes a number as 64 bits without a sign, seven bits a byte, the lowest first. */
    public ByteWriter number(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes.write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        bytes.write((int) rest);
        return this;
    }

    /** Writes any number; those near 0 are short. */
    public ByteWriter signed(long value) {
        return number(value << 1 ^ value >> 63);
    }

    /** Writes bytes as they are. */
    ByteWriter bytes(byte[] some) {
        bytes.writeBytes(some);
        return this;
    }

    /** Writes a text, with its length before it. */
    public ByteWriter text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        number(utf8.length);
        bytes.writeBytes(utf8);
        return this;
    }

    /** How many bytes it has written. */
    public int size() {
        return bytes.size();
    }

    /** All of them. */
    public byte[] written() {
        return bytes.toByteArray();
    }
}
