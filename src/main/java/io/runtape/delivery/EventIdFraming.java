package io.runtape.delivery;

import io.runtape.run.FrameBlock;
import io.runtape.sse.FrameKind;
import io.runtape.sse.SseWriter;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/**
 * The recorded bytes, decoded if they are compressed, with an {@code id} line in each event: {@code Runtape-Event-Ids}
 * (docs/reference/http-api.md, "Calls through the gateway").
 */
final class EventIdFraming implements StreamFormat {

    private final long idBase;
    private final boolean tellsEnding;

    private EventIdFraming(long idBase, boolean tellsEnding) {
        this.idBase = idBase;
        this.tellsEnding = tellsEnding;
    }

    /** For the client of a call, whose response ends as the agent API's did. */
    static EventIdFraming ofCall() {
        return new EventIdFraming(0, false);
    }

    /**
     * For the reader of a replay, who is told the ending as the reader of a tail is.
     *
     * @param idBase added to a sequence, gives the id
     */
    static EventIdFraming ofReplay(long idBase) {
        return new EventIdFraming(idBase, true);
    }

    @Override
    public Buffer ending(RunEnding end) {
        return tellsEnding ? end.event(idBase) : Buffer.buffer();
    }

    @Override
    public Rendered render(List<FrameBlock> blocks, long after) {
        FrameOutput out = FrameOutput.of(blocks);
        long position = after;
        for (FrameBlock block : blocks) {
            for (int i = (int) Math.max(0, position + 1 - block.first()); i < block.count(); i++) {
                if (block.kind(i) == FrameKind.EVENT) {
                    SseWriter.appendWithId(
                            out, block.bytes(), block.start(i), block.end(i), idBase + block.sequence(i));
                } else if (block.kind(i) != FrameKind.ENCODED) {
                    out.write(block.bytes(), block.start(i), block.end(i) - block.start(i));
                }
            }
            position = block.last();
        }
        return new Rendered(out.whole(), position);
    }
}
