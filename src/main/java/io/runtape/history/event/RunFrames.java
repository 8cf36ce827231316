package io.runtape.history.event;

import io.runtape.error.ApiException;
import io.runtape.history.run.RunSnapshot;
import io.runtape.run.ThreadPosition;
import java.time.Instant;

/**
 * The frames of one run that may be read.
 *
 * @param runPk the run's key
 * @param runId its public id
 * @param threadId its thread
 * @param createdAt when it began
 * @param base the difference between a frame's position and its sequence: 0, or in a thread its {@link
 *     ThreadPosition#base}
 * @param upTo the last sequence that may be read; {@link #ALL} if all frames may
 * @param expired whether its frames are deleted; then {@code upTo} is the sequence of the last one
 */
record RunFrames(long runPk, String runId, String threadId, Instant createdAt, long base, long upTo, boolean expired) {

    /** Past the last sequence of any run. */
    static final long ALL = Long.MAX_VALUE;

    static RunFrames of(RunSnapshot run) {
        return new RunFrames(
                run.row().runPk,
                run.row().id,
                run.row().threadId,
                run.row().createdAt,
                0,
                run.frameCount(),
                run.row().framesExpiredAt != null);
    }

    /** Whether it is read as a part of its thread. */
    boolean isInThread() {
        return base > 0;
    }

    /** 410, with the run's last sequence if it has one to go on behind. */
    ApiException framesExpired(long last) {
        return isInThread() ? ApiException.framesExpired(base + last) : ApiException.framesExpired();
    }

    /** Whether the run may go on, so that nothing behind it may be read. */
    boolean goesOn() {
        return upTo != ALL && !expired;
    }
}
