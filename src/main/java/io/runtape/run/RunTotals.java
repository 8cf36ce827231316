package io.runtape.run;

/**
 * How much a run holds.
 *
 * @param frames frames of any kind, which is also the last sequence
 * @param events frames that a client's parser dispatches
 * @param bytes bytes of all frames
 * @param firstOffsetMicros microseconds from the run's beginning to its first frame; -1 as long as it has none
 */
public record RunTotals(long frames, long events, long bytes, long firstOffsetMicros) {

    /** The totals of a run without frames. */
    public static final RunTotals NONE = new RunTotals(0, 0, 0, -1);

    /** The totals with these further frames, at least one. */
    public RunTotals plus(FrameBlock more) {
        return new RunTotals(
                frames + more.count(),
                events + more.events(),
                bytes + more.length(),
                firstOffsetMicros < 0 ? more.offsetMicros(0) : firstOffsetMicros);
    }
}
