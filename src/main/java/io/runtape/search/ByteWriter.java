package io.runtape.search;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes numbers and texts into memory, in few bytes. Confined to one thread. */
final class ByteWriter {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Writes a number as 64 bits without a sign, seven bits a byte, the lowest first. */
    ByteWriter number(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes.write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        bytes.write((int) rest);
        return this;
    }

    /** Writes any number; those near 0 are short. */
    ByteWriter signed(long value) {
        return number(value << 1 ^ value >> 63);
    }

    /** Writes a text, with its length before it. */
    ByteWriter text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        number(utf8.length);
        bytes.writeBytes(utf8);
        return this;
    }

    int size() {
        return bytes.size();
    }

    byte[] written() {
        return bytes.toByteArray();
    }
}
