package io.runtape.transcript;

import io.runtape.run.ThreadPosition;

/**
 * The frames whose events a transcript tells. In a run these are sequences, in a thread positions
 * ({@link ThreadPosition}). What was asked comes before the first frame.
 *
 * @param from the first frame
 * @param to the last frame; there are none if it comes before {@code from}
 */
record FrameSpan(long from, long to) {

    /** All frames of a run or a thread. */
    static final FrameSpan WHOLE = new FrameSpan(1, Long.MAX_VALUE);

    /** Whether it has the first frame of the run, and with it what was asked. */
    boolean hasBeginning() {
        return from <= 1;
    }

    /** The part of a thread's span that lies in its run of this ordinal; the run must not lie outside of the span. */
    FrameSpan inRun(long ordinal) {
        long base = ThreadPosition.base(ordinal);
        return new FrameSpan(
                Math.max(1, from - base), ThreadPosition.ordinal(to) > ordinal ? Long.MAX_VALUE : to - base);
    }
}
