package io.runtape.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
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
    void readsWhatEarlierVersionsStored() throws IOException {
        ByteArrayOutputStream stored = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(stored)) {
            gzip.write(LONG);
        }

        assertEquals(LONG.length, RequestBody.sentLength(stored.toByteArray()));
        assertArrayEquals(LONG, RequestBody.sent(stored.toByteArray()));
    }
}
