package io.runtape.relay;

import io.runtape.sse.ContentDecoder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The beginning of a body that waits until it has named the ids that its head needs, cannot name any more, or is longer
 * than 64 KiB. Confined to one event loop.
 */
final class HeldBody {

    private static final int BYTES_MAX = 64 << 10;

    private final Consumer<ResponseIds> whenKnown;
    private final @Nullable ContentDecoder decoder;
    private final BodyIds ids = new BodyIds();
    private final Deque<byte[]> pieces = new ArrayDeque<>();
    /** The bytes that have come or, of a compressed body, their decoded form as well. */
    private int bytes;

    /**
     * @param decoder decodes the body to look for ids; null if it is not compressed
     * @param whenKnown gets the ids, before the bytes are handed on
     */
    HeldBody(@Nullable ContentDecoder decoder, Consumer<ResponseIds> whenKnown) {
        this.decoder = decoder;
        this.whenKnown = whenKnown;
    }

    /** Takes the next bytes; returns whether there is no reason any more to hold them. */
    boolean hold(byte[] piece) {
        pieces.add(piece);
        bytes += piece.length;
        if (decoder == null) {
            ids.feed(piece);
        } else {
            decoder.feed(piece);
            while (decoder.hasMore() && bytes <= BYTES_MAX) {
                byte[] decoded = Arrays.copyOf(decoder.decoded(), decoder.next());
                bytes += decoded.length;
                ids.feed(decoded);
            }
        }
        return ids.areKnown() || bytes > BYTES_MAX;
    }

    /** Tells the ids found so far, then hands the bytes on as they came. */
    void release(Consumer<byte[]> to) {
        whenKnown.accept(ids.found());
        while (!pieces.isEmpty()) {
            to.accept(pieces.remove());
        }
        drop();
    }

    /** Takes nothing more, and hands nothing on. */
    void drop() {
        pieces.clear();
        if (decoder != null) {
            decoder.close();
        }
    }
}
