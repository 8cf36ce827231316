package io.runtape.delivery;

import io.runtape.run.FrameBlock;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The form in which a reader gets frames. Each reader has its own object, confined to its event loop; the blocks of one
 * call follow each other without a gap.
 */
interface StreamFormat {

    /**
     * The bytes of frames as this reader gets them.
     *
     * @param blocks consecutive blocks
     * @param after the sequence to begin after, in the first block or directly before it
     */
    Rendered render(List<FrameBlock> blocks, long after);

    /** The bytes after the last frame of an ended run, or none. */
    default Buffer ending(RunEnding end) {
        return Buffer.buffer();
    }

    /**
     * The bytes that end the stream of a run that broke off, so that the reader's connection is not cut; null if it is to
     * be cut.
     */
    default @Nullable Buffer brokenOff(RunEnding end) {
        return null;
    }

    /** How long nothing may happen until the reader gets a comment as a keep-alive; null if it gets none. */
    default @Nullable Duration keepAlive() {
        return null;
    }

    /**
     * Whether this is the form of a tail: it holds parts back for the frame that completes them, and says how the run
     * ended, instead of ending as the response did.
     */
    default boolean isTail() {
        return false;
    }

    /**
     * Notes that a frame of an event stream completes the parts after the last position, so that they may go out before
     * that frame is read.
     */
    default void releaseParts() {}

    /** Whether a comment may go in here without cutting a frame in two. */
    default boolean betweenFrames() {
        return true;
    }

    /**
     * The result of {@link #render}.
     *
     * @param bytes the bytes to send
     * @param position the last rendered sequence; parts after it wait for the frame that completes them
     */
    record Rendered(Buffer bytes, long position) {}
}
