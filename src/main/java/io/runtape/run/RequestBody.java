package io.runtape.run;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * How a request's body is stored: small bodies unchanged, others compressed with zstd; earlier versions took gzip. A JSON
 * object never begins like either; a body of an archive that does is compressed however short it is.
 */
public final class RequestBody {

    /** Below this, compressing costs more than it saves. */
    private static final int COMPRESSED_FROM = 1024;

    private static final int LEVEL = 3;

    /** The first bytes of gzip (RFC 1952) and of zstd (RFC 8878), as numbers of little end first. */
    private static final int GZIP = 0x8b1f;

    private static final int ZSTD = 0xfd2fb528;

    /**
     * How many times as long as its stored bytes a body can be. A bit may flip on a disk: what it makes of the length must not
     * be taken for memory. A block of zstd takes four bytes at least, and makes 128 KiB at most (RFC 8878, section 3.1.1.2).
     */
    private static final long ZSTD_MAKES_MAX = (128 << 10) / 4;

    /** The same for gzip: two bits of deflate repeat 258 bytes at most (RFC 1951, section 3.2.5). */
    private static final long GZIP_MAKES_MAX = 4 * 258;

    private RequestBody() {}

    /** The bytes to store. */
    public static byte[] stored(byte[] body) {
        boolean looksCompressed = isZstd(body) || isGzip(body);
        if (body.length < COMPRESSED_FROM && !looksCompressed) {
            return body;
        }
        byte[] compressed = new byte[(int) Zstd.compressBound(body.length)];
        int length = Zstandard.compress(body, body.length, compressed, 0, LEVEL, false);
        // Another body that compression does not shorten is stored unchanged.
        return length < body.length || looksCompressed ? Arrays.copyOf(compressed, length) : body;
    }

    /**
     * Whether a body may have no more than so many bytes if it is stored in these: zstd adds a 256th and 64 bytes at the most to what
     * it cannot shorten, as its bound for compressing says.
     */
    static boolean mayBeOf(long bytesMax, long stored) {
        return stored - (stored >> 8) - 64 <= bytesMax;
    }

    private static ByteBuffer littleEndian(byte[] stored) {
        return ByteBuffer.wrap(stored).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static boolean isGzip(byte[] stored) {
        return stored.length >= Short.BYTES && (littleEndian(stored).getShort() & 0xffff) == GZIP;
    }

    private static boolean isZstd(byte[] stored) {
        return stored.length >= Integer.BYTES && littleEndian(stored).getInt() == ZSTD;
    }

    /**
     * The length of the body as sent, which zstd begins with, and gzip ends with (RFC 1952, section 2.3.1).
     *
     * @throws DamagedBodyException if no body of that length was stored so
     */
    static int sentLength(byte[] stored) {
        if (isZstd(stored)) {
            return possible(Zstd.getFrameContentSize(stored), ZSTD_MAKES_MAX * stored.length);
        }
        return isGzip(stored) ? possible(lastNumber(stored), GZIP_MAKES_MAX * stored.length) : stored.length;
    }

    private static int lastNumber(byte[] stored) {
        int at = stored.length - Integer.BYTES;
        return at < 0 ? -1 : littleEndian(stored).getInt(at);
    }

    private static int possible(long length, long most) {
        if (length < 0 || length > Math.min(most, Integer.MAX_VALUE)) {
            throw new DamagedBodyException("a stored body cannot have the length " + length);
        }
        return (int) length;
    }

    /**
     * The body as sent, out of the stored bytes.
     *
     * @throws DamagedBodyException if they are damaged
     */
    public static byte[] sent(byte[] stored) {
        int length = sentLength(stored);
        try {
            if (isZstd(stored)) {
                return Zstandard.decompressed(stored, 0, length);
            }
            return isGzip(stored) ? unzipped(stored, length) : stored;
        } catch (ZstdException | IllegalArgumentException | IOException e) {
            throw new DamagedBodyException("a stored body cannot be decompressed", e);
        }
    }

    private static byte[] unzipped(byte[] stored, int length) throws IOException {
        try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(stored))) {
            byte[] sent = new byte[length];
            gzip.readNBytes(sent, 0, sent.length);
            // Reads to the end, and so verifies the check sum.
            gzip.transferTo(OutputStream.nullOutputStream());
            return sent;
        }
    }
}
