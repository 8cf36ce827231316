package io.runtape.sse;

/**
 * Cuts the bytes of a body into frames and hands them to a {@link FrameSink}. The concatenation of all frames is the
 * body, or the decoded body of a compressed one, byte for byte, and no frame is longer than the limit that the framer was made with.
 *
 * <p>Confined to one thread. Do not use the framer after the sink has thrown.
 */
public interface Framer {
    /**
     * Takes the next bytes of the body; every frame that they complete has been handed on when this returns. The array
     * may be reused afterwards.
     */
    void feed(byte[] chunk, int from, int to);

    /**
     * Hands the pending bytes on as a frame of kind {@link FrameKind#PART}, so that they need not wait for the rest of
     * their block. Does nothing when none are pending.
     */
    void flushPart();

    /**
     * Ends the body: pending bytes become its last frame. Nothing may be fed afterwards. If the last frame of an event
     * stream was a part, that part is the unfinished tail and no further frame is made.
     */
    void end();

    /** How many bytes were fed that are in no frame yet. */
    int pendingBytes();
}
