package io.runtape.run;

/**
 * How much a run holds.
 *
 * @param frames frames of any kind, which is also the last sequence
 * @param events frames that a client's parser dispatches
 * @param bytes bytes of all frames
 * @param firstOffsetMicros microseconds from the run's beginning to its first frame; -1 as long as there is none
 */
public record RunTotals(long frames, long events, long bytes, long firstOffsetMicros) {

    /** What a run holds that has no frame yet. */
    public static final RunTotals NONE = new RunTotals(0, 0, 0, -1);

    /** What it holds with these frames, which are one at the least, behind the others. */
    public RunTotals plus(FrameBlock more) {
        return new RunTotals(
                frames + more.count(),
                events + more.events(),
                bytes + more.length(),
                firstOffsetMicros < 0 ? more.offsetMicros(0) : firstOffsetMicros);
    }
}
