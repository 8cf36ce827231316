package io.runtape.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class RequestBodyTest {

    private static final byte[] LONG = ("{\"prompt\":\"" + "Run the tests. ".repeat(500) + "\"}").getBytes(UTF_8);

    @Test
    void storesALongBodyCompressed() {
        byte[] stored = RequestBody.stored(LONG);

        assertTrue(stored.length * 10 < LONG.length);
        assertEquals(LONG.length, RequestBody.sentLength(stored));
        assertArrayEquals(LONG, RequestBody.sent(stored));
    }

    @Test
    void storesAsItIsWhatCompressionDoesNotShorten() {
        byte[] small = "{}".getBytes(UTF_8);
        byte[] noise = new byte[5000];
        new Random(1).nextBytes(noise);
        noise[0] = '{';

        assertSame(small, RequestBody.stored(small));
        assertSame(noise, RequestBody.stored(noise));
        assertSame(noise, RequestBody.sent(noise));
        assertEquals(5000, RequestBody.sentLength(noise));
    }

    @Test
    void givesBackWhatLooksLikeAStoredBody() throws IOException {
        byte[] forged = new byte[70_000];
        new Random(2).nextBytes(forged);
        byte[] head = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, (byte) 0xa0, 0, (byte) 0x94, 0x35, 0x77};
        System.arraycopy(head, 0, forged, 0, head.length);
        for (byte[] body : List.of(forged, head, zipped(), new byte[] {0x1f, (byte) 0x8b})) {
            byte[] stored = RequestBody.stored(body);

            assertEquals(body.length, RequestBody.sentLength(stored));
            assertArrayEquals(body, RequestBody.sent(stored));
        }
    }

    @Test
    void readsWhatEarlierVersionsStored() throws IOException {
        byte[] stored = zipped();

        assertEquals(LONG.length, RequestBody.sentLength(stored));
        assertArrayEquals(LONG, RequestBody.sent(stored));
    }

    private static byte[] zipped() throws IOException {
        ByteArrayOutputStream stored = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(stored)) {
            gzip.write(LONG);
        }
        return stored.toByteArray();
    }

    @Test
    void refusesWhatIsCutOff() throws IOException {
        for (byte[] stored : List.of(RequestBody.stored(LONG), zipped())) {
            for (int length = 4; length < stored.length; length++) {
                byte[] cut = Arrays.copyOf(stored, length);
                assertThrows(DamagedBodyException.class, () -> RequestBody.sent(cut));
            }
        }
    }

    /** A bit may flip on a disk: what it makes of a length must not be taken for memory. */
    @Test
    void takesNoMemoryForADamagedLength() throws IOException {
        for (byte[] stored : List.of(RequestBody.stored(LONG), zipped())) {
            // Behind the bytes that say how it is compressed.
            for (int bit = 8 * Integer.BYTES; bit < 8 * stored.length; bit++) {
                byte[] damaged = stored.clone();
                damaged[bit / 8] ^= (byte) (1 << bit % 8);
                try {
                    assertTrue(RequestBody.sentLength(damaged) <= (long) stored.length << 15);
                    RequestBody.sent(damaged);
                } catch (DamagedBodyException refused) {
                    assertTrue(refused.getMessage().startsWith("a stored body"), refused::toString);
                }
            }
        }
    }
}
