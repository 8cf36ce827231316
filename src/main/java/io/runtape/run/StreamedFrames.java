package io.runtape.run;

import io.runtape.sse.FrameKind;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** The recorded frames of runs, as a stream reads them back. Every method blocks; safe for any thread. */
public interface StreamedFrames {

    /**
     * Reads the next frames of a run for a stream: at least one if there is one, and little more than 64 KiB.
     *
     * @param after the sequence to begin after
     * @param upTo the last sequence that may be read: what is durable
     * @param limit how many frames at the most; see {@link FrameReader#limitAfter}
     * @throws SQLException where the database does not answer, or a frame in between is gone
     */
    FrameBlock block(long runPk, long after, long upTo, int limit) throws SQLException;

    /**
     * The kind of the frame that completes the parts which begin after a sequence: the first that is no part.
     *
     * @return null as long as there is none
     * @throws SQLException where the database does not answer
     */
    @Nullable
    FrameKind completes(long runPk, long after, long upTo) throws SQLException;
}
