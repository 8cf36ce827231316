package io.runtape.run;

/**
 * A place among the frames of a thread, as one number: the run's ordinal in the thread × 2³² + the frame's sequence in
 * the run. It sorts like the frames.
 */
public final class ThreadPosition {

    /** The distance between the runs of a thread: more than a run has frames. */
    private static final int ORDINAL_BITS = 32;

    private ThreadPosition() {}

    /** Where the thread's run of this ordinal begins: add a frame's sequence to get its position. */
    public static long base(long ordinal) {
        return ordinal << ORDINAL_BITS;
    }

    /** The ordinal of the thread's run that this position lies in; runs count from 1. */
    public static long ordinal(long position) {
        return position >>> ORDINAL_BITS;
    }

    /** The sequence in its run; 0 is before its first frame. */
    public static long sequence(long position) {
        return position - base(ordinal(position));
    }
}
