package io.runtape.sse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.runtape.sse.ContentDecoder.Damage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentDecoderTest {

    private static final byte[] TEXT = "data: wörd\n\n".repeat(500).getBytes(UTF_8);

    /** Wraps a stream in one that compresses. */
    @FunctionalInterface
    private interface Coding {
        OutputStream of(OutputStream to) throws IOException;
    }

    private static byte[] encoded(Coding coding, byte[] bytes) throws IOException {
        ByteArrayOutputStream encoded = new ByteArrayOutputStream();
        try (OutputStream out = coding.of(encoded)) {
            out.write(bytes);
        }
        return encoded.toByteArray();
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        return encoded(GZIPOutputStream::new, bytes);
    }

    private static byte[] deflated(byte[] bytes, boolean raw) throws IOException {
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, raw);
        try {
            return encoded(to -> new DeflaterOutputStream(to, deflater), bytes);
        } finally {
            deflater.end();
        }
    }

    /** What comes out if the bytes come in pieces of this length. */
    private static byte[] decoded(String coding, byte[] bytes, int pieceLength) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (ContentDecoder decoder = ContentDecoder.of(coding)) {
            for (int i = 0; i < bytes.length; i += pieceLength) {
                decoder.feed(Arrays.copyOfRange(bytes, i, Math.min(bytes.length, i + pieceLength)));
                while (decoder.hasMore()) {
                    int length = decoder.next();
                    assertTrue(length <= ContentDecoder.BYTES_AT_ONCE);
                    all.write(decoder.decoded(), 0, length);
                }
            }
        }
        return all.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 100, 1 << 20})
    void decodesHoweverTheBytesAreCut(int pieceLength) throws IOException {
        byte[] noise = new byte[100_000];
        new Random(1).nextBytes(noise);
        for (byte[] bytes : new byte[][] {{}, {1}, TEXT, noise, new byte[1 << 20]}) {
            assertArrayEquals(bytes, decoded("gzip", gzip(bytes), pieceLength));
            assertArrayEquals(bytes, decoded("deflate", deflated(bytes, false), pieceLength));
            assertArrayEquals(bytes, decoded("deflate", deflated(bytes, true), pieceLength));
        }
    }

    @Test
    void decodesEachFlushedPieceAtOnce() throws IOException {
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        try (ContentDecoder decoder = ContentDecoder.of("X-GZIP ");
                GZIPOutputStream out = new GZIPOutputStream(wire, 512, true)) {
            for (int i = 0; i < 5; i++) {
                out.write(("data: " + i + "\n\n").getBytes(UTF_8));
                out.flush();
                decoder.feed(wire.toByteArray());
                wire.reset();
                StringBuilder came = new StringBuilder();
                while (decoder.hasMore()) {
                    came.append(new String(decoder.decoded(), 0, decoder.next(), UTF_8));
                }
                assertEquals("data: " + i + "\n\n", came.toString());
            }
        }
    }

    @Test
    void decodesSeveralMembersAndAllThatAHeaderMayHave() throws IOException {
        byte[] plain = gzip(TEXT);
        ByteArrayOutputStream full = new ByteArrayOutputStream();
        byte[] fixed = Arrays.copyOf(plain, 10);
        fixed[3] = 0x1f;
        full.write(fixed);
        full.write(new byte[] {3, 0, 'a', 'b', 'c'});
        full.write("name\0comment\0".getBytes(UTF_8));
        full.write(new byte[] {9, 9});
        full.write(plain, 10, plain.length - 10);
        byte[] noExtra = Arrays.copyOf(plain, 10);
        noExtra[3] = 0x04;
        full.write(noExtra);
        full.write(new byte[] {0, 0});
        full.write(plain, 10, plain.length - 10);

        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.write(TEXT);
        expected.write(TEXT);
        assertArrayEquals(expected.toByteArray(), decoded("gzip", full.toByteArray(), 5));
    }

    @Test
    void keepsWhatCameBeforeABreak() throws IOException {
        byte[] whole = gzip(TEXT);
        byte[] garbled = whole.clone();
        Arrays.fill(garbled, whole.length / 2, whole.length, (byte) 0xff);
        for (byte[] bytes : new byte[][] {Arrays.copyOf(whole, whole.length / 2), garbled}) {
            byte[] came = decoded("gzip", bytes, 9);
            assertTrue(came.length < TEXT.length);
            assertArrayEquals(Arrays.copyOf(TEXT, came.length), came);
        }
        byte[] followed = Arrays.copyOf(whole, whole.length + 20);
        assertArrayEquals(TEXT, decoded("gzip", followed, 9));
        assertEquals(0, decoded("gzip", TEXT, 9).length);
        assertEquals(0, decoded("gzip", new byte[] {0x1f, (byte) 0x8b, 8, (byte) 0xe0}, 9).length);
    }

    @Test
    void keepsAllThatCameBeforeABreakInTheSamePiece() throws IOException {
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        GZIPOutputStream out = new GZIPOutputStream(wire, 512, true);
        out.write(TEXT);
        out.flush();
        wire.write(new byte[] {-1, -1, -1, -1});

        assertArrayEquals(TEXT, decoded("gzip", wire.toByteArray(), 1 << 20));
    }

    @Test
    void needsADictionaryThatNobodyHas() throws IOException {
        Deflater deflater = new Deflater();
        deflater.setDictionary("wörd".getBytes(UTF_8));
        byte[] bytes = encoded(to -> new DeflaterOutputStream(to, deflater), TEXT);
        deflater.end();

        assertEquals(0, decoded("deflate", bytes, 9).length);
    }

    @Test
    void doesNotLookAtTheChecksum() throws IOException {
        byte[] bytes = gzip(TEXT);
        CRC32 crc = new CRC32();
        crc.update(TEXT);
        bytes[bytes.length - 8] = (byte) (crc.getValue() + 1);

        assertArrayEquals(TEXT, decoded("gzip", bytes, 1000));
    }

    @Test
    void leavesAByteOrderMarkOutAtTheStartOnly() throws IOException {
        byte[] came = decoded("gzip", gzip("\uFEFFdata: 1\n\n\uFEFF".getBytes(UTF_8)), 1000);

        assertEquals("data: 1\n\n\uFEFF", new String(came, UTF_8));
    }

    @Test
    void takesNothingAfterItsEnd() throws IOException {
        ContentDecoder decoder = ContentDecoder.of("gzip");
        decoder.feed(gzip(TEXT));
        decoder.close();
        decoder.feed(gzip(TEXT));

        assertFalse(decoder.hasMore());
        assertEquals(0, decoder.next());
    }

    private static Optional<Damage> damage(String coding, byte[] bytes, int pieceLength) {
        try (ContentDecoder decoder = ContentDecoder.checking(coding)) {
            for (int i = 0; i < bytes.length; i += pieceLength) {
                decoder.feed(Arrays.copyOfRange(bytes, i, Math.min(bytes.length, i + pieceLength)));
                while (decoder.hasMore()) {
                    decoder.next();
                }
            }
            assertEquals(0, decoder.waitingBytes());
            return decoder.damage();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 1 << 20})
    void tellsWhatIsWrongWithABody(int pieceLength) throws IOException {
        byte[] one = gzip(TEXT);
        ByteArrayOutputStream several = new ByteArrayOutputStream();
        for (byte[] text : new byte[][] {TEXT, {}, new byte[1 << 20]}) {
            several.writeBytes(gzip(text));
        }
        byte[] all = several.toByteArray();

        assertEquals(Optional.empty(), damage("gzip", all, pieceLength));
        for (int back = 1; back <= 8; back++) {
            for (int end : new int[] {one.length, all.length}) {
                byte[] changed = Arrays.copyOf(all, all.length);
                changed[end - back] ^= 0x40;
                assertEquals(Optional.of(Damage.BROKEN), damage("gzip", changed, pieceLength), () -> "at " + end);
            }
            assertEquals(Optional.of(Damage.CUT), damage("gzip", Arrays.copyOf(all, all.length - back), pieceLength));
            assertEquals(Optional.of(Damage.CUT), damage("gzip", Arrays.copyOf(all, one.length + back), pieceLength));
        }
        assertEquals(Optional.of(Damage.CUT), damage("gzip", new byte[0], pieceLength));
        assertEquals(Optional.of(Damage.OTHER_FORMAT), damage("gzip", TEXT, pieceLength));
    }

    /** Whoever writes whole blocks pads the last one so. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 1 << 20})
    void takesZerosBehindGzipAsItsEnd(int pieceLength) throws IOException {
        byte[] one = gzip(TEXT);
        byte[] flipped = one.clone();
        flipped[one.length - 8] ^= 0x40;
        for (int zeros : new int[] {1, 2000}) {
            byte[] padding = new byte[zeros];
            assertEquals(Optional.empty(), damage("gzip", joined(one, padding), pieceLength));
            assertEquals(Optional.empty(), damage("gzip", joined(one, one, padding), pieceLength));
            for (byte[] more : new byte[][] {{1}, one}) {
                assertEquals(Optional.of(Damage.BROKEN), damage("gzip", joined(one, padding, more), pieceLength));
            }
            assertEquals(Optional.of(Damage.BROKEN), damage("gzip", joined(flipped, padding), pieceLength));
            assertEquals(Optional.of(Damage.OTHER_FORMAT), damage("gzip", joined(padding, one), pieceLength));
        }
        assertEquals(Optional.of(Damage.BROKEN), damage("gzip", joined(one, new byte[] {1}), pieceLength));
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }

    @Test
    void knowsHowManyBytesWait() throws IOException {
        byte[] bytes = gzip(new byte[1 << 20]);
        try (ContentDecoder decoder = ContentDecoder.of("gzip")) {
            decoder.feed(Arrays.copyOf(bytes, 100));
            decoder.feed(Arrays.copyOfRange(bytes, 100, bytes.length));
            assertEquals(bytes.length, decoder.waitingBytes());

            decoder.next();

            assertTrue(decoder.waitingBytes() < bytes.length - 10 && decoder.waitingBytes() > 100);
            decoder.close();
            assertEquals(0, decoder.waitingBytes());
        }
    }

    @Test
    void knowsWhichCodingsItDecodes() {
        for (String coding : new String[] {"gzip", "GZIP", " x-gzip", "deflate"}) {
            assertTrue(ContentDecoder.decodes(coding), coding);
            assertTrue(ContentDecoder.isEncoded(coding), coding);
        }
        for (String coding : new String[] {"br", "zstd", "gzip, br", "compress"}) {
            assertFalse(ContentDecoder.decodes(coding), coding);
            assertTrue(ContentDecoder.isEncoded(coding), coding);
            assertNull(ContentDecoder.of(coding));
        }
        for (String coding : new String[] {null, "", "identity", "Identity "}) {
            assertFalse(ContentDecoder.decodes(coding));
            assertFalse(ContentDecoder.isEncoded(coding));
        }
    }
}
