package io.runtape.run;

import org.jspecify.annotations.Nullable;

/**
 * What the rows of one run say of the last event ID in force. The row of the frame that sets one holds it; those that follow
 * name that frame by its sequence, so that an ID of 64 KiB is stored once, however many events it is in force for. Where none
 * is in force they say nothing. Confined to one thread.
 *
 * <p>Both stand in one column: a further one would cost every frame eight bytes on PostgreSQL, whose rows have just no room
 * left for the mark of a ninth column. They are told apart by a line feed, which no ID can have.
 */
public final class LastEventIds {

    private static final char REFERENCE = '\n';

    private String inForce = "";
    private long setBy;
    private @Nullable String reference;

    /**
     * What is stored with the next frame.
     *
     * @param lastEventId the last event ID string in force after the frame, empty where there is none
     * @param sequence of the frame
     * @return empty for nothing
     */
    public String stored(String lastEventId, long sequence) {
        if (!lastEventId.equals(inForce)) {
            inForce = lastEventId;
            setBy = sequence;
            reference = null;
            return lastEventId;
        }
        if (lastEventId.isEmpty()) {
            return "";
        }
        String named = reference;
        if (named == null) {
            named = REFERENCE + Long.toString(setBy);
            reference = named;
        }
        return named;
    }

    /** The sequence of the frame that a row names; 0 where it names none. */
    static long setBy(@Nullable String stored) {
        return stored == null || stored.isEmpty() || stored.charAt(0) != REFERENCE
                ? 0
                : Long.parseLong(stored, 1, stored.length(), 10);
    }
}
