package io.runtape.sse;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Decodes a compressed body as it comes: {@code gzip} (RFC 1952, any number of members) and {@code deflate} (RFC 9110
 * section 8.4.1.2, which is zlib's format; servers also send raw deflate). It decodes at most {@link #BYTES_AT_ONCE} in a
 * step, so that a short piece that decodes to megabytes costs no more memory than another. A body that is no such
 * format, or stops being it, decodes to what came before. A byte order mark at the very start is left out. The checksums
 * of gzip are the business of who gets the body, unless the decoder is a {@linkplain #checking checking} one.
 *
 * <p>Holds native memory until it is closed. Confined to one thread.
 */
public final class ContentDecoder implements AutoCloseable {

    /** The most bytes that one step decodes. */
    public static final int BYTES_AT_ONCE = 16 << 10;

    private static final Set<String> GZIP = Set.of("gzip", "x-gzip");
    private static final String DEFLATE = "deflate";
    private static final String UNCHANGED = "identity";

    private static final int TRAILER_BYTES = 8;
    private static final byte[] NOTHING = {};

    /** What is wrong with a compressed body. */
    public enum Damage {
        /** It does not begin as its coding does. */
        OTHER_FORMAT,
        /** It stops being of its coding, or a part of it has another checksum or length than it says. */
        BROKEN,
        /** It ends too early. */
        CUT
    }

    private enum Place {
        HEADER,
        DATA,
        TRAILER,
        PADDING,
        OVER
    }

    private final boolean gzip;
    private final @Nullable GzipCheck check;
    private final byte[] decoded = new byte[BYTES_AT_ONCE];
    private final Deque<byte[]> waiting = new ArrayDeque<>();
    private byte[] input = NOTHING;
    private int at;
    /** How many bytes the pieces behind the present one have. */
    private long queued;

    private Place place = Place.HEADER;
    private GzipHeader header = new GzipHeader();
    private int firstOfZlib = -1;
    private int trailerBytes;
    private @Nullable Inflater inflater;
    /** The last step filled its output, so that the inflater may have more without further input. */
    private boolean filled;

    private boolean begun;
    private boolean broken;

    private ContentDecoder(boolean gzip, @Nullable GzipCheck check) {
        this.gzip = gzip;
        this.check = check;
    }

    /** Whether a {@code Content-Encoding} says that the body is compressed, in whatever way. */
    public static boolean isEncoded(@Nullable String contentEncoding) {
        String coding = coding(contentEncoding);
        return !coding.isEmpty() && !coding.equals(UNCHANGED);
    }

    /** Whether a {@code Content-Encoding} says that the body is gzip. */
    public static boolean isGzip(@Nullable String contentEncoding) {
        return GZIP.contains(coding(contentEncoding));
    }

    /** Whether this class decodes a body with that {@code Content-Encoding}. */
    public static boolean decodes(@Nullable String contentEncoding) {
        return isGzip(contentEncoding) || coding(contentEncoding).equals(DEFLATE);
    }

    /** Whether the gateway can read a body with that {@code Content-Encoding}: as it is, or decoded. */
    public static boolean reads(@Nullable String contentEncoding) {
        return !isEncoded(contentEncoding) || decodes(contentEncoding);
    }

    /** A decoder for that {@code Content-Encoding}; null if there is none. */
    public static @Nullable ContentDecoder of(@Nullable String contentEncoding) {
        return decodes(contentEncoding) ? new ContentDecoder(isGzip(contentEncoding), null) : null;
    }

    /**
     * A decoder for a body of gzip whose {@link #damage} matters: it looks at the checksums too. Zeros behind the last
     * member are padding, which gzip ignores. Null if the {@code Content-Encoding} says something else.
     */
    public static @Nullable ContentDecoder checking(@Nullable String contentEncoding) {
        return isGzip(contentEncoding) ? new ContentDecoder(true, new GzipCheck()) : null;
    }

    private static String coding(@Nullable String contentEncoding) {
        return contentEncoding == null ? "" : contentEncoding.strip().toLowerCase(Locale.ROOT);
    }

    /** Takes the next bytes of the body, and keeps the array; {@link #next} decodes them. */
    public void feed(byte[] bytes) {
        if (place != Place.OVER && bytes.length > 0) {
            waiting.add(bytes);
            queued += bytes.length;
        }
    }

    /** How many bytes of the body have come and are not decoded yet. */
    public long waitingBytes() {
        return queued + input.length - at;
    }

    /** Whether {@link #next} may have more without further input. */
    public boolean hasMore() {
        return place != Place.OVER && (filled || at < input.length || !waiting.isEmpty());
    }

    /** Decodes the next bytes into {@link #decoded}; returns how many. None does not mean that no more follow. */
    public int next() {
        int length = 0;
        try {
            length = step();
        } catch (DataFormatException e) {
            fail();
        }
        return begun || length == 0 ? length : withoutMark(length);
    }

    /** The bytes that the last {@link #next} has decoded, from index 0; valid until the next one. */
    public byte[] decoded() {
        return decoded;
    }

    /** What is wrong with the body if it ends here; empty if nothing is. Ask before the decoder is closed. */
    public Optional<Damage> damage() {
        if (broken) {
            return Optional.of(inflater == null ? Damage.OTHER_FORMAT : Damage.BROKEN);
        }
        if (check != null && check.hasFailed()) {
            return Optional.of(Damage.BROKEN);
        }
        boolean whole = place == Place.OVER || place == Place.PADDING || isBehindMember();
        return whole ? Optional.empty() : Optional.of(Damage.CUT);
    }

    private boolean isBehindMember() {
        return inflater != null && place == Place.HEADER && !header.hasBegun();
    }

    private int step() throws DataFormatException {
        while (place != Place.OVER) {
            if (at == input.length && !filled && !nextInput()) {
                return 0;
            }
            switch (place) {
                case HEADER -> readHeader();
                case DATA -> {
                    int length = inflate();
                    if (length > 0) {
                        return length;
                    }
                }
                case TRAILER -> skipTrailer();
                case PADDING -> skipPadding();
                case OVER -> {}
            }
        }
        return 0;
    }

    private boolean nextInput() {
        byte[] next = waiting.poll();
        input = next == null ? NOTHING : next;
        queued -= input.length;
        at = 0;
        return next != null;
    }

    private void readHeader() throws DataFormatException {
        int next = input[at] & 0xff;
        if (next == 0 && check != null && isBehindMember()) {
            place = Place.PADDING;
        } else if (gzip) {
            at++;
            if (header.take(next)) {
                begin(true);
            }
        } else if (firstOfZlib < 0) {
            firstOfZlib = next;
            at++;
        } else {
            // RFC 1950, section 2.2: the method is 8, and the two bytes together are a multiple of 31.
            boolean raw = (firstOfZlib & 0x0f) != 8 || ((firstOfZlib << 8) | next) % 31 != 0;
            begin(raw);
            byte[] rest = new byte[input.length - at + 1];
            rest[0] = (byte) firstOfZlib;
            System.arraycopy(input, at, rest, 1, input.length - at);
            input = rest;
            at = 0;
        }
    }

    private void begin(boolean raw) {
        if (inflater == null) {
            inflater = new Inflater(raw);
        } else {
            inflater.reset();
        }
        if (check != null) {
            check.begin();
        }
        place = Place.DATA;
    }

    private int inflate() throws DataFormatException {
        Inflater from = inflater;
        if (from == null) {
            throw new IllegalStateException("no header was read");
        }
        from.setInput(input, at, input.length - at);
        long before = from.getBytesWritten();
        int length;
        try {
            length = from.inflate(decoded);
        } catch (DataFormatException e) {
            fail();
            // What came before the break is good.
            return (int) (from.getBytesWritten() - before);
        }
        if (check != null) {
            check.decoded(decoded, length);
        }
        at = input.length - from.getRemaining();
        filled = length == decoded.length;
        if (from.finished()) {
            filled = false;
            place = gzip ? Place.TRAILER : Place.OVER;
            trailerBytes = 0;
        } else if (from.needsDictionary()) {
            throw new DataFormatException("of a dictionary that nobody has");
        }
        return length;
    }

    /** Another member may follow. */
    private void skipTrailer() {
        int skipped = Math.min(TRAILER_BYTES - trailerBytes, input.length - at);
        if (check != null) {
            check.trailer(input, at, at + skipped);
        }
        at += skipped;
        trailerBytes += skipped;
        if (trailerBytes == TRAILER_BYTES) {
            header = new GzipHeader();
            place = Place.HEADER;
        }
    }

    private void skipPadding() throws DataFormatException {
        while (at < input.length) {
            if (input[at] != 0) {
                throw new DataFormatException("more than zeros behind the last member");
            }
            at++;
        }
    }

    private int withoutMark(int length) {
        begun = true;
        boolean marked = length >= 3
                && (decoded[0] & 0xff) == 0xef
                && (decoded[1] & 0xff) == 0xbb
                && (decoded[2] & 0xff) == 0xbf;
        if (marked) {
            System.arraycopy(decoded, 3, decoded, 0, length - 3);
        }
        return marked ? length - 3 : length;
    }

    private void fail() {
        broken = true;
        stop();
    }

    private void stop() {
        place = Place.OVER;
        filled = false;
        waiting.clear();
        queued = 0;
        input = NOTHING;
        at = 0;
    }

    @Override
    public void close() {
        stop();
        if (inflater != null) {
            inflater.end();
            inflater = null;
        }
    }
}
