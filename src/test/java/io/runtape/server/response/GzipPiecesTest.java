package io.runtape.server.response;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** What is made piece by piece is one gzip stream. */
class GzipPiecesTest {

    @RepeatedTest(50)
    void readsAsWhatWasWritten() throws IOException {
        Random random = new Random();
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        GzipPieces gzip = new GzipPieces();
        for (int pieces = random.nextInt(5) + 1; pieces > 0; pieces--) {
            byte[] bytes = new byte[random.nextInt(3) * random.nextInt(70_000) + 1];
            int values = random.nextInt(256) + 1;
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) random.nextInt(values);
            }
            int from = random.nextInt(bytes.length);
            written.write(bytes, from, bytes.length - from);
            stream.writeBytes(gzip.piece(bytes, from, bytes.length - from));
        }
        stream.writeBytes(gzip.end());

        assertArrayEquals(written.toByteArray(), read(stream.toByteArray()));
    }

    @Test
    void eachPieceCanBeReadWhenItIsThere() throws IOException {
        GzipPieces gzip = new GzipPieces();
        byte[] piece = gzip.piece("one\n".getBytes(StandardCharsets.UTF_8), 0, 4);

        assertEquals("one\n", new String(new GZIPInputStream(new ByteArrayInputStream(piece)).readNBytes(4)));
    }

    @Test
    void sendsLittleAsItIs() throws IOException {
        assertArrayEquals(new byte[1023], written(1023));
        byte[] coded = written(1024);
        assertTrue(coded.length < 100);
        assertArrayEquals(new byte[1024], read(coded));
        assertArrayEquals(new byte[65_536], read(written(65_536)));
        assertArrayEquals(new byte[200_000], read(written(200_000)));
    }

    private static byte[] written(int length) throws IOException {
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        boolean[] coded = new boolean[1];
        try (GzipOutput gzip = new GzipOutput(to, () -> {
            assertEquals(0, to.size());
            coded[0] = true;
        })) {
            gzip.write(0);
            gzip.write(new byte[length - 1]);
        }
        assertEquals(length >= GzipPieces.WORTH_BYTES, coded[0]);
        return to.toByteArray();
    }

    private static byte[] read(byte[] stream) throws IOException {
        return new GZIPInputStream(new ByteArrayInputStream(stream)).readAllBytes();
    }
}
