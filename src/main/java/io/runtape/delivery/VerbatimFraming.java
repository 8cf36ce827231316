package io.runtape.delivery;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.runtape.run.FrameBlock;
import io.runtape.sse.FrameKind;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The recorded bytes alone. Copies nothing: the output wraps the blocks' own arrays. Of a compressed response, either
 * what came over the wire, for the clients of the call, or its decoded form.
 */
final class VerbatimFraming implements StreamFormat {

    /** Ends whatever line comes before an event. */
    private static final String BLANK_LINE = "\n\n";

    /** Whether only the frames of kind encoded are shown; null before the first frame. */
    private @Nullable Boolean encodedOnly;

    /** Added to a sequence, gives the id of the ending; null if that is not told. */
    private final @Nullable Long idBase;

    private VerbatimFraming(@Nullable Boolean encodedOnly, @Nullable Long idBase) {
        this.encodedOnly = encodedOnly;
        this.idBase = idBase;
    }

    /** The bytes as they came over the wire; for a reader that begins at the first frame, which decides. */
    static VerbatimFraming ofTheWire() {
        return new VerbatimFraming(null, null);
    }

    /** The bytes without a content coding. */
    static VerbatimFraming decoded() {
        return new VerbatimFraming(false, null);
    }

    /**
     * The same of a response that is no event stream, among those of a thread that are one: an event tells the ending, so that a
     * reader who comes back goes on behind it.
     *
     * @param idBase added to a sequence, gives the id
     */
    static VerbatimFraming amongEvents(long idBase) {
        return new VerbatimFraming(false, idBase);
    }

    @Override
    public Buffer ending(RunEnding end) {
        return idBase == null ? Buffer.buffer() : Buffer.buffer(BLANK_LINE).appendBuffer(end.event(idBase));
    }

    @Override
    public Rendered render(List<FrameBlock> blocks, long after) {
        FrameBlock first = blocks.get(0);
        int from = (int) (after + 1 - first.first());
        boolean encoded = encodedOnly == null ? first.kind(from) == FrameKind.ENCODED : encodedOnly;
        encodedOnly = encoded;
        List<ByteBuf> slices = new ArrayList<>(blocks.size());
        for (FrameBlock block : blocks) {
            if (encoded || block.hasEncoded()) {
                addSome(block, from, encoded, slices);
            } else {
                slices.add(slice(block, block.start(from), block.length()));
            }
            from = 0;
        }
        ByteBuf all = slices.size() == 1 ? slices.get(0) : Unpooled.wrappedBuffer(slices.toArray(ByteBuf[]::new));
        return new Rendered(Buffer.buffer(all), blocks.get(blocks.size() - 1).last());
    }

    private static void addSome(FrameBlock block, int from, boolean encoded, List<ByteBuf> to) {
        for (int i = from; i < block.count(); i++) {
            if ((block.kind(i) == FrameKind.ENCODED) == encoded) {
                to.add(slice(block, block.start(i), block.end(i)));
            }
        }
    }

    private static ByteBuf slice(FrameBlock block, int from, int to) {
        return Unpooled.wrappedBuffer(block.bytes(), from, to - from);
    }
}
