package io.runtape.segment;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The rows of segments and of their blocks. Plain SQL: what locks rows in an order, and rows of segments are no entities.
 * Blocks; for the transaction of its caller.
 */
public final class Segments {

    /** Room for the number of a block in its key, behind that of its segment. */
    private static final int BLOCK_BITS = 20;

    private static final String INSERT = """
            insert into search_segment (segment_pk, owner, level, newest, oldest, size, documents, directory)
            values (?, ?, ?, ?, ?, ?, ?, ?)""";

    private Segments() {}

    /**
     * A segment's row, without its blocks.
     *
     * @param level how often its runs were merged, about
     * @param size the number of bytes of its blocks
     */
    record Row(long segmentPk, int level, int size, List<Document> documents) {}

    /** The key of a block. */
    static long blockPk(long segmentPk, int number) {
        return segmentPk << BLOCK_BITS | number;
    }

    /** The key of the segment that a block is of. */
    static long segmentOf(long blockPk) {
        return blockPk >> BLOCK_BITS;
    }

    /** The number of a block in its segment. */
    static int numberOf(long blockPk) {
        return (int) (blockPk & (1 << BLOCK_BITS) - 1);
    }

    /** Stores a new segment. */
    public static void insert(Connection connection, String owner, SegmentKind kind, int level, Segment segment)
            throws SQLException {
        long segmentPk = nextPk(connection, kind);
        TermBlocks blocks = segment.terms();
        List<Document> documents = segment.documents();
        try (PreparedStatement insert = connection.prepareStatement(kind.in(INSERT))) {
            insert.setLong(1, segmentPk);
            insert.setString(2, owner);
            insert.setInt(3, level);
            insert.setLong(4, documents.get(0).createdMicros());
            insert.setLong(5, documents.get(documents.size() - 1).createdMicros());
            insert.setInt(6, blocks.size());
            insert.setBytes(7, Segment.written(documents));
            insert.setBytes(8, blocks.writtenDirectory());
            insert.executeUpdate();
        }
        try (PreparedStatement insert =
                connection.prepareStatement(kind.in("insert into search_block (block_pk, content) values (?, ?)"))) {
            for (int i = 0; i < blocks.contents().size(); i++) {
                insert.setLong(1, blockPk(segmentPk, i));
                insert.setBytes(2, blocks.contents().get(i));
                insert.addBatch();
            }
            insert.executeBatch();
        }
        Chunks.insert(connection, kind, segmentPk, documents);
        Columns.insert(connection, kind, segmentPk, segment.columns());
    }

    private static long nextPk(Connection connection, SegmentKind kind) throws SQLException {
        try (PreparedStatement select =
                        connection.prepareStatement(kind.in("select nextval('search_segment_sequence')"));
                ResultSet row = select.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    /** The segment with all its terms and columns. */
    static Segment load(Connection connection, SegmentKind kind, Row row) throws SQLException {
        List<byte[]> contents = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(
                kind.in("select content from search_block where block_pk >= ? and block_pk < ? order by block_pk"))) {
            select.setLong(1, blockPk(row.segmentPk, 0));
            select.setLong(2, blockPk(row.segmentPk + 1, 0));
            try (ResultSet block = select.executeQuery()) {
                while (block.next()) {
                    contents.add(block.getBytes(1));
                }
            }
        }
        return new Segment(row.documents, TermBlocks.of(contents), Columns.load(connection, kind, row.segmentPk));
    }

    /** Deletes a segment with its blocks. */
    public static void delete(Connection connection, SegmentKind kind, long segmentPk) throws SQLException {
        Chunks.delete(connection, kind, segmentPk);
        Columns.delete(connection, kind, segmentPk);
        deletePieces(connection, kind, segmentPk, "delete from search_block where block_pk >= ? and block_pk < ?");
        try (PreparedStatement delete =
                connection.prepareStatement(kind.in("delete from search_segment where segment_pk = ?"))) {
            delete.setLong(1, segmentPk);
            delete.executeUpdate();
        }
    }

    /** Deletes what a segment has in another table, whose keys begin with that of the segment. */
    static void deletePieces(Connection connection, SegmentKind kind, long segmentPk, String sql) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(kind.in(sql))) {
            delete.setLong(1, blockPk(segmentPk, 0));
            delete.setLong(2, blockPk(segmentPk + 1, 0));
            delete.executeUpdate();
        }
    }

    /** Reads rows of segments; the columns are those of {@link Row}, in its order. */
    static List<Row> rows(PreparedStatement select) throws SQLException {
        List<Row> rows = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                rows.add(new Row(row.getLong(1), row.getInt(2), row.getInt(3), Segment.documents(row.getBytes(4))));
            }
        }
        return rows;
    }
}
