package io.runtape.run;

import io.runtape.sse.FrameKind;

/**
 * How much a run holds.
 *
 * @param frames frames of any kind, which is also the last sequence
 * @param events frames that a client's parser dispatches
 * @param bytes bytes of the body: those of all frames or, of a compressed body, of the frames of kind encoded
 * @param firstOffsetMicros microseconds from the run's beginning to its first frame; -1 as long as it has none
 * @param encoded whether the body is compressed, which its first frame shows
 */
public record RunTotals(long frames, long events, long bytes, long firstOffsetMicros, boolean encoded) {

    /** The totals of a run without frames. */
    public static final RunTotals NONE = new RunTotals(0, 0, 0, -1, false);

    /** The totals with these further frames, at least one. */
    public RunTotals plus(FrameBlock more) {
        boolean compressed = frames == 0 ? more.kind(0) == FrameKind.ENCODED : encoded;
        return new RunTotals(
                frames + more.count(),
                events + more.events(),
                bytes + (compressed ? more.encodedLength() : more.length()),
                firstOffsetMicros < 0 ? more.offsetMicros(0) : firstOffsetMicros,
                compressed);
    }
}
