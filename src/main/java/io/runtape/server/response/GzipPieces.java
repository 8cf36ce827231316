package io.runtape.server.response;

import java.io.ByteArrayOutputStream;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * One gzip stream (RFC 1952), made piece by piece; a client can read each piece as soon as it has it. Between two
 * pieces this object holds only a check sum and a length: a compressor takes 256 KiB outside the heap, and a slow
 * client would keep it. So each piece is compressed by itself. That costs little if pieces are longer than the 32 KiB
 * that a compressor can look back on.
 *
 * <p>Confined to one thread at a time.
 */
public final class GzipPieces {

    /** A shorter body is sent uncompressed: there is little to gain. */
    public static final int WORTH_BYTES = 1024;

    /** The processors belong to live streams first. */
    private static final int LEVEL = Deflater.BEST_SPEED;

    private static final int SOME_BYTES = 8192;

    /** Magic number, deflate, no flags, no time, no extra flags, system unknown. */
    private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

    /** The last block, with nothing in it. */
    private static final byte[] LAST_BLOCK = {3, 0};

    private final CRC32 check = new CRC32();
    private long length;
    private boolean begun;

    /** The next piece of the stream, with these bytes. */
    public byte[] piece(byte[] bytes, int from, int count) {
        ByteArrayOutputStream piece = new ByteArrayOutputStream(SOME_BYTES);
        if (!begun) {
            begun = true;
            piece.writeBytes(HEADER);
        }
        check.update(bytes, from, count);
        length += count;
        Deflater deflater = new Deflater(LEVEL, true);
        try {
            deflater.setInput(bytes, from, count);
            byte[] some = new byte[SOME_BYTES];
            int made;
            do {
                made = deflater.deflate(some, 0, some.length, Deflater.SYNC_FLUSH);
                piece.write(some, 0, made);
            } while (made == some.length);
        } finally {
            deflater.end();
        }
        return piece.toByteArray();
    }

    /** The bytes that follow the last piece; the whole stream if there was none. */
    public byte[] end() {
        ByteArrayOutputStream end = new ByteArrayOutputStream();
        if (!begun) {
            end.writeBytes(HEADER);
        }
        end.writeBytes(LAST_BLOCK);
        writeInt(end, check.getValue());
        writeInt(end, length);
        return end.toByteArray();
    }

    private static void writeInt(ByteArrayOutputStream to, long number) {
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
            to.write((int) (number >>> shift));
        }
    }
}
