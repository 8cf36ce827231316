package io.runtape.history;

import java.util.List;

/**
 * Some rows of a listing.
 *
 * @param rows the rows, in the listing's order
 * @param more whether further rows follow
 */
public record ListSlice<T>(List<T> rows, boolean more) {

    /** Takes the rows up to the limit, from a read of up to one row more. */
    public static <T> ListSlice<T> of(List<T> rowsAndOneMore, int limit) {
        return rowsAndOneMore.size() > limit
                ? new ListSlice<>(rowsAndOneMore.subList(0, limit), true)
                : new ListSlice<>(rowsAndOneMore, false);
    }

    /** The last row; the slice must not be empty. */
    public T last() {
        return rows.get(rows.size() - 1);
    }
}
