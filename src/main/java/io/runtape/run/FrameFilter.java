package io.runtape.run;

import io.runtape.sse.FrameKind;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;

/**
 * Selects frames, as the conditions of a statement on their table.
 *
 * @param kinds the kinds that pass; empty for all
 * @param types the types that pass, cut like the stored ones; empty for all
 */
public record FrameFilter(List<FrameKind> kinds, List<String> types) {

    /**
     * The conditions, each led by {@code and}.
     *
     * @param table the prefix of the columns' names, with its dot, or empty
     */
    public String conditions(String table) {
        return oneOf(table + "kind", kinds) + oneOf(table + "type", types);
    }

    private static String oneOf(String column, List<?> values) {
        return values.isEmpty()
                ? ""
                : " and " + column + " in (" + String.join(", ", Collections.nCopies(values.size(), "?")) + ")";
    }

    /** Sets the conditions' parameters, the first at {@code from}; returns the index behind them. */
    public int bind(PreparedStatement statement, int from) throws SQLException {
        int at = from;
        for (FrameKind kind : kinds) {
            statement.setShort(at++, kind.code());
        }
        for (String type : types) {
            statement.setString(at++, type);
        }
        return at;
    }
}
