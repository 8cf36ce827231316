package io.runtape.archive;

import io.runtape.sse.ContentDecoder;
import io.runtape.sse.ContentDecoder.Damage;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Decodes an archive that comes compressed, and says what is wrong with that. Confined to one thread at a time. */
final class CompressedArchive implements AutoCloseable {

    private final @Nullable ContentDecoder decoder;
    private final LineCutter to;
    private boolean ended;

    /**
     * @param decoder a checking one, of gzip; null for an archive that is not compressed
     * @param to takes the decoded bytes
     */
    CompressedArchive(@Nullable ContentDecoder decoder, LineCutter to) {
        this.decoder = decoder;
        this.to = to;
    }

    /** Takes the next bytes as they came. */
    void take(byte[] piece) throws SQLException, IOException {
        if (decoder == null) {
            to.take(piece, 0, piece.length);
            return;
        }
        decoder.feed(piece);
        while (decoder.hasMore()) {
            int length = decoder.next();
            to.take(decoder.decoded(), 0, length);
        }
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
