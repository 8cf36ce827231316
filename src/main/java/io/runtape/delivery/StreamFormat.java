package io.runtape.delivery;

import io.runtape.run.FrameBlock;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/**
 * The form in which a reader gets frames. One for each reader, confined to its event loop; the blocks of one call follow each
 * other without a gap.
 */
interface StreamFormat {

    /**
     * The bytes of frames as this reader gets them.
     *
     * @param blocks consecutive blocks
     * @param after the sequence to begin after; it lies in the first block or directly before it
     */
    Rendered render(List<FrameBlock> blocks, long after);

    /** What goes out after the last frame of a run that has ended; empty for nothing. */
    default Buffer ending(RunEnding end) {
        return Buffer.buffer();
    }

    /** Whether the reader is kept awake by comments while nothing happens. */
    default boolean keepsAlive() {
        return false;
    }

    /**
     * Says that the parts which begin after the last position are completed by a frame of an event stream, so that they may go
     * out before it is read.
     */
    default void releaseParts() {}

    /** Whether a comment can be put in here without cutting a frame in two. */
    default boolean betweenFrames() {
        return true;
    }

    /**
     * What a call of {@link #render} made.
     *
     * @param bytes what goes out
     * @param position the last sequence that is dealt with; parts after it are held until they are completed
     */
    record Rendered(Buffer bytes, long position) {}
}
