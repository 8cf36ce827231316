package io.runtape.run;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * How a request's body is stored: small bodies unchanged, others compressed with zstd; earlier versions took gzip. A JSON
 * object never begins like either.
 */
public final class RequestBody {

    /** Below this, compressing costs more than it saves. */
    private static final int COMPRESSED_FROM = 1024;

    private static final int LEVEL = 3;

    /** The first bytes of gzip (RFC 1952) and of zstd (RFC 8878), as numbers of little end first. */
    private static final int GZIP = 0x8b1f;

    private static final int ZSTD = 0xfd2fb528;

    private RequestBody() {}

    /** The bytes to store. */
    public static byte[] stored(byte[] body) {
        if (body.length < COMPRESSED_FROM) {
            return body;
        }
        byte[] compressed = new byte[(int) Zstd.compressBound(body.length)];
        int length = Zstandard.compress(body, body.length, compressed, 0, LEVEL, false);
        // A body that compression does not shorten is stored unchanged.
        return length < body.length ? Arrays.copyOf(compressed, length) : body;
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

    /** The length of the body as sent, which zstd begins with, and gzip ends with (RFC 1952, section 2.3.1). */
    static int sentLength(byte[] stored) {
        if (isZstd(stored)) {
            return Math.toIntExact(Zstd.getFrameContentSize(stored));
        }
        return isGzip(stored) ? littleEndian(stored).getInt(stored.length - Integer.BYTES) : stored.length;
    }

    /** The body as sent, out of the stored bytes. */
    public static byte[] sent(byte[] stored) {
        if (isZstd(stored)) {
            return Zstandard.decompressed(stored, 0, sentLength(stored));
        }
        return isGzip(stored) ? unzipped(stored) : stored;
    }

    private static byte[] unzipped(byte[] stored) {
        try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(stored))) {
            byte[] sent = new byte[sentLength(stored)];
            gzip.readNBytes(sent, 0, sent.length);
            // Reads to the end, and so verifies the check sum.
            gzip.transferTo(OutputStream.nullOutputStream());
            return sent;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
