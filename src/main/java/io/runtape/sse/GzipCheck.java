package io.runtape.sse;

import java.util.zip.CRC32;

/** Compares what the members of a gzip body decode to with their trailers (RFC 1952, section 2.3.1). Confined to one thread. */
final class GzipCheck {

    private final CRC32 crc = new CRC32();
    private long length;
    /** The bytes of the trailer so far: the checksum, then the length, each with its lowest byte first. */
    private long trailer;

    private int trailerBits;
    private boolean failed;

    /** A member begins. */
    void begin() {
        crc.reset();
        length = 0;
        trailer = 0;
        trailerBits = 0;
    }

    /** Takes what the member decodes to next. */
    void decoded(byte[] bytes, int more) {
        crc.update(bytes, 0, more);
        length += more;
    }

    /** Takes the next bytes of its trailer. */
    void trailer(byte[] bytes, int from, int to) {
        for (int at = from; at < to; at++) {
            trailer |= (bytes[at] & 0xffL) << trailerBits;
            trailerBits += Byte.SIZE;
        }
        if (trailerBits == Long.SIZE) {
            failed |= trailer != (crc.getValue() | length << Integer.SIZE);
        }
    }

    /** Whether a member differs from what its trailer says. */
    boolean hasFailed() {
        return failed;
    }
}
