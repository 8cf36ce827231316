package io.runtape.delivery;

import io.runtape.run.FrameBlock;
import io.runtape.sse.SseWriter;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;

/**
 * The form of a tail (docs/reference/http-api.md, "Tail and resume"): every frame with its {@code id}, parts together
 * with the frame that completes them, and never an unfinished tail. A response that is not an event stream has no
 * frames here.
 *
 * <p>A client drops a byte order mark at the start of a stream. So the mark at the start of a run is left out. If a
 * later frame begins with those bytes, which mean something else there, a comment goes first.
 */
final class TailFraming implements StreamFormat {

    static final Duration KEEP_ALIVE = Duration.ofSeconds(15);

    private final long idBase;
    private boolean partsReleased;
    private boolean begun;

    /** @param idBase added to a sequence, gives the id: 0 for a run, the base of the run's ordinal for a thread */
    TailFraming(long idBase) {
        this.idBase = idBase;
    }

    @Override
    public Rendered render(List<FrameBlock> blocks, long after) {
        Rendering rendering = new Rendering(FrameOutput.of(blocks), after);
        blocks.forEach(rendering::add);
        return new Rendered(rendering.out.whole(), rendering.position);
    }

    @Override
    public Buffer ending(RunEnding end) {
        return end.event(idBase);
    }

    @Override
    public Duration keepAlive() {
        return KEEP_ALIVE;
    }

    @Override
    public boolean isTail() {
        return true;
    }

    @Override
    public void releaseParts() {
        partsReleased = true;
    }

    @Override
    public boolean betweenFrames() {
        return !partsReleased;
    }

    /** One call's output. */
    private final class Rendering {

        private final FrameOutput out;
        private final ByteArrayOutputStream heldParts = new ByteArrayOutputStream();
        private long position;

        Rendering(FrameOutput out, long after) {
            this.out = out;
            this.position = after;
        }

        void add(FrameBlock block) {
            for (int i = (int) Math.max(0, position + 1 - block.first()); i < block.count(); i++) {
                frame(block, i);
            }
        }

        private void frame(FrameBlock block, int i) {
            long sequence = block.sequence(i);
            switch (block.kind(i)) {
                case PART -> {
                    ByteArrayOutputStream to = partsReleased ? out : heldParts;
                    int from = withoutMark(block, i);
                    to.write(block.bytes(), from, block.end(i) - from);
                    position = partsReleased ? sequence : position;
                    begun |= partsReleased;
                }
                case EVENT, COMMENT -> {
                    int from = withoutMark(block, i);
                    out.writeBytes(heldParts.toByteArray());
                    SseWriter.appendWithId(out, block.bytes(), from, block.end(i), idBase + sequence);
                    begun = true;
                    settled(sequence);
                }
                case TAIL, RESPONSE -> settled(sequence);
                // Parts that wait are rendered once more, with the frame that completes them.
                case ENCODED -> position = heldParts.size() == 0 ? sequence : position;
            }
        }

        /** Where the shown bytes of the frame begin; puts a comment before what a client would take for a mark. */
        private int withoutMark(FrameBlock block, int i) {
            int from = block.start(i);
            int mark = SseWriter.bomLength(block.bytes(), from, block.end(i));
            if (block.sequence(i) == 1) {
                return from + mark;
            }
            if (mark > 0 && !begun) {
                out.writeBytes(SseWriter.keepAlive());
            }
            return from;
        }

        private void settled(long sequence) {
            heldParts.reset();
            partsReleased = false;
            position = sequence;
        }
    }
}
