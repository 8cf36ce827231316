package io.runtape.run;

import io.runtape.sse.FrameKind;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Reads the recorded frames of runs for streams. Every method blocks; safe for any thread. */
public interface StreamedFrames {

    /**
     * Reads the next frames of a run for a stream: at least one if there is one, and little more than 64 KiB.
     *
     * @param after the sequence to begin after
     * @param upTo the last durable sequence: later frames may not be read
     * @param limit the most frames; see {@link FrameReader#limitAfter}
     * @throws SQLException if the database does not answer, or a frame in between is gone
     */
    FrameBlock block(long runPk, long after, long upTo, int limit) throws SQLException;

    /**
     * The frame that completes the parts after this sequence: the first frame that is neither a part nor of kind encoded.
     * Reads all frames up to it.
     *
     * @throws SQLException if the database does not answer
     */
    Completing completes(long runPk, long after, long upTo) throws SQLException;

    /**
     * What completes parts.
     *
     * @param sequence the frame's sequence; the last one that was looked at if there is no such frame
     * @param kind the frame's kind; null if there is no such frame
     */
    record Completing(long sequence, @Nullable FrameKind kind) {

        /** There is no such frame up to here. */
        public static Completing none(long upTo) {
            return new Completing(upTo, null);
        }
    }
}
