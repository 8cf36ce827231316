package io.runtape.delivery;

import io.runtape.journal.FrameBlock;
import io.runtape.sse.SseWriter;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.util.List;

/**
 * A tail (contract, section 4): every frame with its {@code id}; parts together with the frame that completes them; an
 * unfinished tail never. A byte order mark is left out, since a reader may be in the midst of its stream. What is no event
 * stream has no frames to show here.
 */
final class TailFraming implements Framing {

    private final long idBase;
    private final boolean announcesEnd;
    private boolean partsReleased;

    /**
     * @param idBase what is added to a sequence to make an id: 0 for a run, the run's place in its thread for a thread
     * @param announcesEnd whether the run's end is an event of the stream
     */
    TailFraming(long idBase, boolean announcesEnd) {
        this.idBase = idBase;
        this.announcesEnd = announcesEnd;
    }

    @Override
    public Rendered render(List<FrameBlock> blocks, long after) {
        Rendering rendering = new Rendering(after);
        blocks.forEach(rendering::add);
        return new Rendered(Buffer.buffer(rendering.out.toByteArray()), rendering.position);
    }

    @Override
    public Buffer ending(RunEnding end) {
        if (!announcesEnd) {
            return Buffer.buffer();
        }
        JsonObject data = new JsonObject()
                .put("runId", end.runId())
                .put("status", end.status())
                .put("reason", end.reason())
                .put("lastSequence", end.lastSequence());
        return Buffer.buffer(SseWriter.event("runtape.end", Long.toString(idBase + end.lastSequence()), data.encode()));
    }

    @Override
    public boolean keepsAlive() {
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

        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final ByteArrayOutputStream heldParts = new ByteArrayOutputStream();
        private long position;

        Rendering(long after) {
            this.position = after;
        }

        void add(FrameBlock block) {
            for (int i = (int) Math.max(0, position + 1 - block.first()); i < block.count(); i++) {
                frame(block, i);
            }
        }

        private void frame(FrameBlock block, int i) {
            long sequence = block.sequence(i);
            int from = block.start(i);
            if (sequence == 1) {
                from += SseWriter.bomLength(block.bytes(), from, block.end(i));
            }
            switch (block.kind(i)) {
                case PART -> {
                    ByteArrayOutputStream to = partsReleased ? out : heldParts;
                    to.write(block.bytes(), from, block.end(i) - from);
                    position = partsReleased ? sequence : position;
                }
                case EVENT, COMMENT -> {
                    out.writeBytes(heldParts.toByteArray());
                    SseWriter.appendWithId(out, block.bytes(), from, block.end(i), idBase + sequence);
                    settled(sequence);
                }
                case TAIL, RESPONSE -> settled(sequence);
            }
        }

        private void settled(long sequence) {
            heldParts.reset();
            partsReleased = false;
            position = sequence;
        }
    }
}
