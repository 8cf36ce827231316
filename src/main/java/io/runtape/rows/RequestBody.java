package io.runtape.rows;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** How a request's body is stored: small ones as they are, others in gzip. A JSON object never begins as gzip does. */
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
        return compressed.toByteArray();
    }

    /** The body that was sent, out of the bytes that are stored. */
    public static byte[] sent(byte[] stored) {
        if (stored.length < 2 || (stored[0] & 0xff) != 0x1f || (stored[1] & 0xff) != 0x8b) {
            return stored;
        }
        try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(stored))) {
            return gzip.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
