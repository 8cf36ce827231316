package io.runtape.move;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Copies the rows of a table that two databases have in the same form. Holds some rows at once, as many as a batch has.
 * Blocks; confined to one thread.
 */
final class TableCopy {

    /** What is derived from runs is not copied but made anew, for which this column must be empty. */
    private static final String LEFT_OUT = "indexed_at";

    private static final int BATCH_ROWS = 500;
    private static final long BATCH_BYTES = 4 << 20;

    private final String table;

    TableCopy(String table) {
        this.table = table;
    }

    /**
     * Copies all rows, in the target's transaction.
     *
     * @param source an H2 database
     * @return how many there were
     */
    long copy(Connection source, Connection target) throws SQLException {
        try (Statement select = source.createStatement()) {
            // Otherwise H2 gathers the whole result before the first row.
            select.execute("set lazy_query_execution 1");
            try (ResultSet row = select.executeQuery("select * from " + table)) {
                return copy(row, target);
            }
        }
    }

    private long copy(ResultSet row, Connection target) throws SQLException {
        ResultSetMetaData columns = row.getMetaData();
        List<String> names = new ArrayList<>();
        List<Integer> copied = new ArrayList<>();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            if (!LEFT_OUT.equalsIgnoreCase(columns.getColumnName(i))) {
                names.add(columns.getColumnName(i));
                copied.add(i);
            }
        }
        long rows = 0;
        int waiting = 0;
        long bytes = 0;
        try (PreparedStatement insert = target.prepareStatement("insert into " + table + " (" + String.join(", ", names)
                + ") values (" + String.join(", ", Collections.nCopies(names.size(), "?")) + ")")) {
            while (row.next()) {
                int parameter = 1;
                for (int i : copied) {
                    @Nullable Object value = value(row, i, columns.getColumnType(i));
                    insert.setObject(parameter++, value);
                    bytes += size(value);
                }
                insert.addBatch();
                rows++;
                waiting++;
                if (waiting == BATCH_ROWS || bytes >= BATCH_BYTES) {
                    insert.executeBatch();
                    waiting = 0;
                    bytes = 0;
                }
            }
            insert.executeBatch();
        }
        return rows;
    }

    private static long size(@Nullable Object value) {
        if (value instanceof byte[] content) {
            return content.length;
        }
        return value instanceof String text ? 2L * text.length() : 16;
    }

    private static @Nullable Object value(ResultSet row, int at, int type) throws SQLException {
        return switch (type) {
            case Types.BLOB, Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY -> row.getBytes(at);
            case Types.CLOB, Types.VARCHAR, Types.LONGVARCHAR, Types.CHAR -> row.getString(at);
            case Types.TIMESTAMP_WITH_TIMEZONE -> row.getObject(at, OffsetDateTime.class);
            default -> row.getObject(at);
        };
    }
}
