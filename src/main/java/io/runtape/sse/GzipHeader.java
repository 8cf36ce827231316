package io.runtape.sse;

import java.util.zip.DataFormatException;

/** Finds the end of a gzip member's header (RFC 1952, section 2.3), byte by byte. Confined to one thread. */
final class GzipHeader {

    private static final int FIXED_BYTES = 10;
    private static final int[] BEGINNING = {0x1f, 0x8b, 8};
    private static final int FLAGS_AT = 3;

    private static final int CHECKED = 1 << 1;
    private static final int EXTRA = 1 << 2;
    private static final int NAMED = 1 << 3;
    private static final int COMMENTED = 1 << 4;
    private static final int RESERVED = 0xe0;

    private int read;
    private int flags;
    private int lengthBytes = 2;
    private int extraLength;
    private int checkBytes = 2;

    /** Whether any byte has come. */
    boolean hasBegun() {
        return read > 0;
    }

    /**
     * Takes the next byte.
     *
     * @return whether the header ends with it
     * @throws DataFormatException if this is no header
     */
    boolean take(int next) throws DataFormatException {
        if (read < FIXED_BYTES) {
            fixed(next);
            return read == FIXED_BYTES && flags == 0;
        }
        if ((flags & EXTRA) != 0) {
            extra(next);
        } else if ((flags & (NAMED | COMMENTED)) != 0) {
            // The name comes first; a zero ends each of the two.
            if (next == 0) {
                flags &= (flags & NAMED) != 0 ? ~NAMED : ~COMMENTED;
            }
        } else if (--checkBytes == 0) {
            flags &= ~CHECKED;
        }
        return flags == 0;
    }

    private void fixed(int next) throws DataFormatException {
        if (read < BEGINNING.length && next != BEGINNING[read]) {
            throw new DataFormatException("no gzip");
        }
        if (read == FLAGS_AT) {
            if ((next & RESERVED) != 0) {
                throw new DataFormatException("unknown flags");
            }
            // The flag for text says nothing of the header.
            flags = next & (CHECKED | EXTRA | NAMED | COMMENTED);
        }
        read++;
    }

    private void extra(int next) {
        if (lengthBytes > 0) {
            extraLength |= next << (8 * (2 - lengthBytes));
            lengthBytes--;
        } else {
            extraLength--;
        }
        if (lengthBytes == 0 && extraLength == 0) {
            flags &= ~EXTRA;
        }
    }
}
