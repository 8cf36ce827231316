package io.runtape.run;

import io.runtape.sse.FrameKind;
import org.jspecify.annotations.Nullable;

/**
 * One frame as it is stored.
 *
 * @param sequence 1, 2, 3 … within its run
 * @param kind what it is
 * @param offsetMicros microseconds from the run's beginning to its arrival
 * @param type the event's type, cut to 200 characters; null if the frame is not an event
 * @param lastEventId the last event ID in force; empty if there is none, if {@code idSetBy} names the frame that has
 *     it, or if the frame was read for a stream
 * @param idSetBy the sequence of the frame that set the last event ID in force, if the row does not hold it; otherwise
 *     0
 * @param parts how many frames of kind part, and of kind encoded among them, directly before it belong to it
 * @param bytes its bytes as they came over the wire
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record RecordedFrame(
        long sequence,
        FrameKind kind,
        long offsetMicros,
        @Nullable String type,
        String lastEventId,
        long idSetBy,
        int parts,
        byte[] bytes) {

    /** The same frame with the last event ID that the frame {@link #idSetBy} holds. */
    public RecordedFrame under(String id) {
        return new RecordedFrame(sequence, kind, offsetMicros, type, id, 0, parts, bytes);
    }
}
