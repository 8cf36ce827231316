package io.runtape.rows;

import io.runtape.sse.FrameKind;
import org.jspecify.annotations.Nullable;

/**
 * One frame as it is stored.
 *
 * @param sequence 1, 2, 3 … within its run
 * @param kind what it is
 * @param offsetMicros microseconds from the run's beginning to its arrival
 * @param type the event's type, cut to 200 characters; null where the frame is no event
 * @param lastEventId the last event ID string in force, empty where there is none
 * @param parts how many frames of kind part directly before it belong to it
 * @param bytes its bytes as they came over the wire
 */
@SuppressWarnings("ArrayRecordComponent") // Rows are read once and never compared.
public record RecordedFrame(
        long sequence,
        FrameKind kind,
        long offsetMicros,
        @Nullable String type,
        String lastEventId,
        int parts,
        byte[] bytes) {}
