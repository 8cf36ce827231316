package io.runtape.history;

import java.util.List;

/**
 * Some rows of a listing.
 *
 * @param rows the rows, in its order
 * @param more whether others follow
 */
public record ListSlice<T>(List<T> rows, boolean more) {

    /** Those up to the limit, of rows that were read up to one more than it. */
    public static <T> ListSlice<T> of(List<T> rowsAndOneMore, int limit) {
        return rowsAndOneMore.size() > limit
                ? new ListSlice<>(rowsAndOneMore.subList(0, limit), true)
                : new ListSlice<>(rowsAndOneMore, false);
    }

    /** The last row; there must be one. */
    public T last() {
        return rows.get(rows.size() - 1);
    }
}
