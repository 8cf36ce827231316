package io.runtape.run;

import org.jspecify.annotations.Nullable;

/**
 * How the rows of one run store the last event ID in force. The row of the frame that sets an ID holds the ID. The rows
 * that follow name that frame by its sequence, so that an ID of 64 KiB is stored once, however many events it applies
 * to. While no ID is in force the column is empty. Confined to one thread.
 *
 * <p>One column holds both: another column would cost every frame eight bytes on PostgreSQL, whose null bitmap has no
 * room for a ninth column. A line feed tells them apart, since no ID can contain one.
 */
public final class LastEventIds {

    private static final char REFERENCE = '\n';

    private String inForce = "";
    private long setBy;
    private @Nullable String reference;

    /**
     * The value to store with the next frame.
     *
     * @param lastEventId the last event ID in force after the frame, empty if there is none
     * @param sequence the frame's sequence
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
            named = reference(setBy);
            reference = named;
        }
        return named;
    }

    /** The value of a row that names the frame which set the ID in force. */
    public static String reference(long sequence) {
        return REFERENCE + Long.toString(sequence);
    }

    /** The sequence of the frame that a row names; 0 if it names none. */
    static long setBy(@Nullable String stored) {
        return stored == null || stored.isEmpty() || stored.charAt(0) != REFERENCE
                ? 0
                : Long.parseLong(stored, 1, stored.length(), 10);
    }
}
