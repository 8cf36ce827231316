package io.runtape.run;

import io.runtape.sse.FrameKind;
import org.jspecify.annotations.Nullable;

/**
 * One frame on its way into the journal, which copies its bytes and gives it its sequence; or on its way out of a row.
 *
 * @param kind its kind
 * @param source the array with its bytes, as they came over the wire; only valid until the frame is handed on
 * @param from the index of its first byte
 * @param to the index after its last byte
 * @param offsetMicros microseconds from the run's beginning to its arrival
 * @param type the event's type, cut to 200 characters; null if the frame is no event
 * @param lastEventId the last event ID string in force, as the frame's row stores it
 * @param parts how many frames of kind part, and of kind encoded among them, directly before it belong to it
 */
@SuppressWarnings("ArrayRecordComponent") // Handed on once and never compared.
public record ArrivedFrame(
        FrameKind kind,
        byte[] source,
        int from,
        int to,
        long offsetMicros,
        @Nullable String type,
        String lastEventId,
        int parts) {

    /** The same frame without a last event ID, for a reader who does not need it. */
    public ArrivedFrame withoutId() {
        return lastEventId.isEmpty() ? this : new ArrivedFrame(kind, source, from, to, offsetMicros, type, "", parts);
    }

    /** How many bytes it has. */
    public int length() {
        return to - from;
    }

    /** The same with its event ID: what a reader holds of it. */
    public int lengthWithId() {
        return length() + lastEventId.length();
    }
}
