package io.runtape.run;

import io.runtape.error.ApiException;

/** A position that a caller names: the last sequence that the caller has. */
public final class StreamPosition {

    private StreamPosition() {}

    /**
     * Reads a position.
     *
     * @param value what the caller sent
     * @param refusal the message to the caller if the value is not a number from 0 to the largest {@code long}
     * @throws ApiException 400 if it is not
     */
    public static long of(String value, String refusal) {
        try {
            long position = Long.parseLong(value);
            if (position >= 0) {
                return position;
            }
        } catch (NumberFormatException e) {
            // Refused below.
        }
        throw ApiException.invalid(refusal);
    }
}
