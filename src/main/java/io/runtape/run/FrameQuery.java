package io.runtape.run;

import io.runtape.sse.FrameKind;
import java.util.List;

/**
 * Which frames of a run to read.
 *
 * @param after the sequence to begin after; in descending order, to end after
 * @param upTo the last sequence that may be read
 * @param kinds the kinds to read; empty for all
 * @param types the types to read, cut like the stored ones; empty for all
 * @param descending whether the last comes first
 * @param limit how many frames at most
 */
public record FrameQuery(
        long after, long upTo, List<FrameKind> kinds, List<String> types, boolean descending, int limit) {

    /** All frames in order. */
    public static FrameQuery all(long after, long upTo, int limit) {
        return new FrameQuery(after, upTo, List.of(), List.of(), false, limit);
    }

    /** Whether all frames are to be read. */
    boolean passesAll() {
        return kinds.isEmpty() && types.isEmpty();
    }

    /** Whether a frame is of the kinds and types to read. */
    boolean passes(ArrivedFrame frame) {
        return (kinds.isEmpty() || kinds.contains(frame.kind()))
                && (types.isEmpty() || frame.type() != null && types.contains(frame.type()));
    }
}
