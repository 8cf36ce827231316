package io.runtape.run;

import io.runtape.error.ApiException;

/** A position that a caller names: the last sequence that it has. */
public final class Position {

    private Position() {}

    /**
     * Reads it.
     *
     * @param value what the caller sent
     * @param refusal what the caller is told where that is no number from 0 to the largest {@code long}
     * @throws ApiException 400 where it is not
     */
    public static long of(String value, String refusal) {
        try {
            long position = Long.parseLong(value);
            if (position >= 0) {
                return position;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw ApiException.invalid(refusal);
    }
}
