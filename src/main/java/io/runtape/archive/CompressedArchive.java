package io.runtape.archive;

import io.runtape.sse.ContentDecoder;
import io.runtape.sse.ContentDecoder.Damage;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An archive as it comes, compressed or not: decodes it, and says what is wrong with that. It is read in short turns, since what comes
 * in one piece may decode to a thousand times as many bytes. Confined to one thread at a time.
 */
final class CompressedArchive implements AutoCloseable {

    /** A turn ends when it has read so many bytes of lines, decoded. */
    static final int TURN_BYTES = 64 << 10;

    private static final byte[] NOTHING = {};

    private final @Nullable ContentDecoder decoder;
    private final LineCutter to;
    /** What came last of an archive that is not compressed, and what of it is read. */
    private byte[] plain = NOTHING;

    private int at;
    private boolean ended;

    /**
     * @param decoder a checking one, of gzip; null for an archive that is not compressed
     * @param to takes the decoded bytes
     */
    CompressedArchive(@Nullable ContentDecoder decoder, LineCutter to) {
        this.decoder = decoder;
        this.to = to;
    }

    /** Takes the next bytes as they came, when those before are read. */
    void take(byte[] piece) {
        if (decoder == null) {
            plain = piece;
            at = 0;
        } else {
            decoder.feed(piece);
        }
    }

    /** Reads what came, for a turn; returns whether something is left of it for the next one. */
    boolean readOn() throws SQLException, IOException {
        if (decoder == null) {
            int next = Math.min(plain.length, at + TURN_BYTES);
            to.take(plain, at, next);
            at = next;
            return at < plain.length;
        }
        int read = 0;
        while (read < TURN_BYTES && decoder.hasMore()) {
            int length = decoder.next();
            to.take(decoder.decoded(), 0, length);
            read += length;
        }
        return decoder.hasMore();
    }

    /** No more bytes come. */
    void end() throws SQLException, IOException {
        ended = true;
        to.end();
    }

    /** Whether the bytes are not compressed in the way that they are said to be. */
    boolean isOfOtherFormat() {
        return decoder != null && decoder.damage().equals(Optional.of(Damage.OTHER_FORMAT));
    }

    /** What is wrong with the compression; empty if nothing is so far. */
    Optional<String> fault() {
        if (decoder == null) {
            return Optional.empty();
        }
        return decoder.damage().filter(damage -> ended || damage != Damage.CUT).map(damage -> switch (damage) {
            case OTHER_FORMAT -> "it has Content-Encoding: gzip, and is no gzip";
            case BROKEN -> "the gzip stream is damaged";
            case CUT -> "the gzip stream ends early";
        });
    }

    /** What is wrong with bytes that should be a line; empty if they are no beginning of gzip. */
    Optional<String> fault(byte[] bytes, int from, int length) {
        boolean isGzip = length > 1 && bytes[from] == 0x1f && bytes[from + 1] == (byte) 0x8b;
        if (!isGzip) {
            return Optional.empty();
        }
        return Optional.of(
                decoder == null ? "it is gzip, and has no Content-Encoding: gzip" : "it is compressed more than once");
    }

    @Override
    public void close() {
        if (decoder != null) {
            decoder.close();
        }
    }
}
