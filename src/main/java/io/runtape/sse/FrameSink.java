package io.runtape.sse;

import org.jspecify.annotations.Nullable;

/** Where a {@link Framer} hands its frames, in the order of the body. Must not call back into the framer. */
@FunctionalInterface
public interface FrameSink {
    /**
     * Takes one frame.
     *
     * @param source holds the frame's bytes; valid during this call only, so a sink that keeps them copies them
     * @param from the first byte of the frame
     * @param to the byte after its last one; a frame has at least one byte, except one of kind
     *     {@link FrameKind#RESPONSE} that only ends its parts
     * @param event the value of the block's last {@code event} field; null where it has none or an empty one, and for
     *     every kind but {@link FrameKind#EVENT}. One over 64 KiB is passed over here, though {@link EventParser} returns it
     * @param lastEventId the last event ID string in force after this frame's block was processed; "" when there is none
     * @param parts how many frames of kind {@link FrameKind#PART} directly before this one begin the same block
     */
    void frame(FrameKind kind, byte[] source, int from, int to, @Nullable String event, String lastEventId, int parts);
}
