package io.runtape.segment;

import io.runtape.segment.Segments.Row;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Values of the runs of segments, a byte each, in the order of their lists: so who sorts many runs need not look at the row of each.
 * Plain SQL: it locks rows, and takes rows by their keys. Blocks; for the transaction of its caller.
 */
public final class Columns {

    /** As many values as a byte has. */
    static final int VALUES = 256;

    /** The value of a run that had another one when it was indexed before: only its row tells which one it has. */
    public static final int UNSURE = VALUES - 1;

    private static final String INSERT = "insert into search_column (column_pk, content) values (?, ?)";

    private static final String DELETE = "delete from search_column where column_pk >= ? and column_pk < ?";

    private static final String LOAD =
            "select content from search_column where column_pk >= ? and column_pk < ? order by column_pk";

    /** The next segments that have none, by their keys. */
    private static final String LACKING = """
            select segment_pk from search_segment s where segment_pk > ?
                and not exists (select 1 from search_column where column_pk = s.segment_pk * %d)
            order by segment_pk limit 100""".formatted(Segments.blockPk(1, 0));

    /** What a gateway of a version without columns leaves of a segment that it deletes. */
    private static final List<String> LEFT = Stream.of("column", "chunk")
            .map(table -> "delete from search_" + table
                    + " where not exists (select 1 from search_segment where segment_pk = " + table + "_pk / "
                    + Segments.blockPk(1, 0) + ")")
            .toList();

    private static final String CLAIM = """
            select segment_pk, level, size, documents from search_segment
            where segment_pk = ? for update skip locked""";

    private Columns() {}

    /** Makes the columns of some runs, a value of each run in the order of the runs; 0 for one that is not known. */
    @FunctionalInterface
    public interface Values {
        List<byte[]> of(Connection connection, List<Document> runs) throws SQLException;
    }

    static long columnPk(long segmentPk, int column) {
        return Segments.blockPk(segmentPk, column);
    }

    static void insert(Connection connection, SegmentKind kind, long segmentPk, List<byte[]> columns)
            throws SQLException {
        if (columns.isEmpty()) {
            return;
        }
        try (PreparedStatement insert = connection.prepareStatement(kind.in(INSERT))) {
            for (int i = 0; i < columns.size(); i++) {
                insert.setLong(1, columnPk(segmentPk, i));
                insert.setBytes(2, columns.get(i));
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    static void delete(Connection connection, SegmentKind kind, long segmentPk) throws SQLException {
        if (kind.columns() > 0) {
            Segments.deletePieces(connection, kind, segmentPk, DELETE);
        }
    }

    /** The columns of a segment; none if it does not have all of them. */
    static List<byte[]> load(Connection connection, SegmentKind kind, long segmentPk) throws SQLException {
        List<byte[]> columns = new ArrayList<>();
        if (kind.columns() > 0) {
            try (PreparedStatement select = connection.prepareStatement(kind.in(LOAD))) {
                select.setLong(1, columnPk(segmentPk, 0));
                select.setLong(2, columnPk(segmentPk + 1, 0));
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        columns.add(row.getBytes(1));
                    }
                }
            }
        }
        return columns.size() < kind.columns() ? List.of() : columns;
    }

    /** The keys of the first segments behind this one that have no columns: an earlier version has written them. */
    public static List<Long> lacking(Connection connection, SegmentKind kind, long after) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(kind.in(LACKING))) {
            select.setLong(1, after);
            try (ResultSet row = select.executeQuery()) {
                List<Long> lacking = new ArrayList<>();
                while (row.next()) {
                    lacking.add(row.getLong(1));
                }
                return lacking;
            }
        }
    }

    /** Deletes columns and chunks of segments that are gone. */
    public static void deleteLeft(Connection connection, SegmentKind kind) throws SQLException {
        try (Statement delete = connection.createStatement()) {
            for (String sql : LEFT) {
                delete.executeUpdate(kind.in(sql));
            }
        }
    }

    /** Adds its columns to a segment that lacks them, unless it is gone, or another transaction has it. */
    public static void add(Connection connection, SegmentKind kind, long segmentPk, Values values) throws SQLException {
        List<Row> claimed;
        try (PreparedStatement claim = connection.prepareStatement(kind.in(CLAIM))) {
            claim.setLong(1, segmentPk);
            claimed = Segments.rows(claim);
        }
        for (Row row : claimed) {
            if (load(connection, kind, segmentPk).isEmpty()) {
                delete(connection, kind, segmentPk);
                insert(connection, kind, segmentPk, values.of(connection, row.documents()));
                Chunks.delete(connection, kind, segmentPk);
                Chunks.insert(connection, kind, segmentPk, row.documents());
            }
        }
    }
}
