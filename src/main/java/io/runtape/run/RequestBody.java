package io.runtape.run;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** How a request's body is stored: small bodies unchanged, others in gzip. A JSON object never begins like gzip. */
public final class RequestBody {

    /** Below this, compressing costs more than it saves. */
    private static final int COMPRESSED_FROM = 1024;

    private RequestBody() {}

    /** The bytes to store. */
    public static byte[] stored(byte[] body) {
        if (body.length < COMPRESSED_FROM) {
            return body;
        }
        ByteArrayOutputStream compressed = new ByteArrayOutputStream(body.length / 4);
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // A body that compression does not shorten is stored unchanged.
        return compressed.size() < body.length ? compressed.toByteArray() : body;
    }

    private static boolean isCompressed(byte[] stored) {
        return stored.length >= 2 && (stored[0] & 0xff) == 0x1f && (stored[1] & 0xff) == 0x8b;
    }

    /** The length of the body as sent: gzip ends with it (RFC 1952, section 2.3.1). */
    static int sentLength(byte[] stored) {
        return isCompressed(stored)
                ? ByteBuffer.wrap(stored).order(ByteOrder.LITTLE_ENDIAN).getInt(stored.length - Integer.BYTES)
                : stored.length;
    }

    /** The body as sent, out of the stored bytes. */
    public static byte[] sent(byte[] stored) {
        if (!isCompressed(stored)) {
            return stored;
        }
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
