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
     * The kind of the frame that completes the parts after this sequence: the first frame that is neither a part nor
     * of kind encoded.
     *
     * @return null as long as there is no such frame
     * @throws SQLException if the database does not answer
     */
    @Nullable
    FrameKind completes(long runPk, long after, long upTo) throws SQLException;
}
