package io.runtape.run;

import io.runtape.sse.FrameKind;
import io.runtape.store.StoreAddress;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The tables that hold frames, in the order in which a run's frames are looked for. All frames of a run are in one of
 * them; while a run is packed they may be in the first two for a while, each complete.
 */
public enum FrameTable {
    /** Blocks as commits brought them. */
    BLOCK("block", "last_sequence", "coalesce(plain_length, octet_length(content))", "content", "content"),
    /** The blocks of runs that have rested since their end. */
    PACKED_BLOCK("packed_block", "last_sequence", "plain_length", "content", "content"),
    /** One frame a row, as earlier versions wrote them. */
    FRAME("frame", "sequence", "octet_length(bytes)", "kind, offset_us, type, parts, last_event_id, bytes", "bytes");

    /**
     * The order in which they are looked into: at last once more into the second, to which a run of an earlier version may have
     * gone from the third in between.
     */
    static final List<FrameTable> LOOKS = List.of(BLOCK, PACKED_BLOCK, FRAME, PACKED_BLOCK);

    /** Beginnings of blocks that are in memory at once: a run that lasts for hours has hundreds of thousands. */
    private static final int SUMMARIES_AT_ONCE = 5000;

    private static final String TOTALS_OF_FRAMES = """
            select count(*), count(case when kind = 1 then 1 end),
                coalesce(sum(case when kind = 6 then octet_length(bytes) end), sum(octet_length(bytes)), 0),
                coalesce(min(offset_us), -1), count(case when kind = 6 then 1 end)
            from frame where run_pk = ?""";

    private final String table;
    private final String key;
    private final String size;
    private final String content;
    private final String bytes;

    FrameTable(String table, String key, String size, String content, String bytes) {
        this.table = table;
        this.key = key;
        this.size = size;
        this.content = content;
        this.bytes = bytes;
    }

    /** The table's name. */
    public String table() {
        return table;
    }

    /** The column with the sequence of a row's last frame, which with {@code run_pk} is the primary key. */
    public String key() {
        return key;
    }

    /** The columns that {@link #read} reads, in its order. */
    public String rows() {
        return key + ", " + content;
    }

    /** The sequence of a row's last frame, and about how many bytes its frames take in memory. */
    private String sizes() {
        return key + ", " + size;
    }

    /**
     * The statement that selects the sizes of the next row behind a sequence, and of the rows up to another one: those with
     * the next frames. No plan of the database's looks at more rows than that. The parameters, or what stands for them:
     * run, sequence, run, sequence, end. The order names the whole primary key: for the sequence alone, H2 would sort.
     */
    public String nextSizes(String run, String after, String end) {
        return """
                (select %2$s as size from %1$s where run_pk = %4$s and %3$s > %5$s order by run_pk, %3$s limit 1)
                union
                select %2$s from %1$s where run_pk = %4$s and %3$s > %5$s and %3$s <= %6$s
                order by 1""".formatted(table, sizes(), key, run, after, end);
    }

    /**
     * The statement that selects the same blocks as {@link #nextSizes} with their contents, until they reach a number of bytes. It
     * visits all rows up to the end once, however they lie. The parameters: bytes, behind which no content comes along; run, sequence, end, run,
     * sequence; bytes.
     */
    String nextBlocks() {
        return """
                select %2$s, size, case when reached <= ? then content end
                from (
                    select %2$s, size, content, sum(size) over (order by %2$s rows unbounded preceding) as reached
                    from (
                        select %2$s, %3$s as size, content from %1$s
                        where run_pk = ? and %2$s > ? and %2$s <= greatest(?, (
                            select f.%2$s from %1$s f where f.run_pk = ? and f.%2$s > ?
                            order by f.run_pk, f.%2$s limit 1))) next) following
                where reached - size < ?
                order by %2$s""".formatted(table, key, size);
    }

    /** The statement that selects the sizes of the rows behind a sequence, from a key down. */
    String sizesBackwards() {
        return "select " + sizes() + " from " + table + " where run_pk = ? and " + key + " > ? and " + key
                + " <= ? order by run_pk desc, " + key + " desc";
    }

    /** The statement that selects the rows between two keys, with these. */
    String between() {
        return "select " + rows() + " from " + table + " where run_pk = ? and " + key
                + " between ? and ? order by run_pk, " + key;
    }

    /** The key of the row that holds the frame of a sequence; empty if there is none. */
    OptionalLong holding(Connection connection, long runPk, long sequence) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select " + key + " from " + table
                + " where run_pk = ? and " + key + " >= ? order by run_pk, " + key + " limit 1")) {
            select.setLong(1, runPk);
            select.setLong(2, sequence);
            return number(select);
        }
    }

    /** The key of the last row, which is the sequence of the run's last frame. */
    OptionalLong last(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select " + key + " from " + table
                + " where run_pk = ? order by run_pk desc, " + key + " desc limit 1")) {
            select.setLong(1, runPk);
            return number(select);
        }
    }

    private static OptionalLong number(PreparedStatement select) throws SQLException {
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
        }
    }

    /** A frame with its sequence. */
    @FunctionalInterface
    public interface Sink {
        void frame(long sequence, ArrivedFrame frame) throws SQLException;
    }

    /**
     * Reads the frames of a row of {@link #rows()}, in their order.
     *
     * @throws DamagedFramesException if the row cannot be read
     */
    public void read(ResultSet row, Sink sink) throws SQLException {
        long last = row.getLong(1);
        if (this == FRAME) {
            sink.frame(last, frame(row));
        } else {
            readBlock(last, row.getBytes(2), sink);
        }
    }

    /** The same for the content of a block and the sequence of its last frame. */
    static void readBlock(long last, byte[] content, Sink sink) throws SQLException {
        try {
            BlockFormat.read(content, last, sink);
        } catch (RuntimeException e) {
            throw new DamagedFramesException("The block of a run that ends with frame " + last + " cannot be read", e);
        }
    }

    /**
     * The statement that selects the next rows of a run behind a sequence, on H2: their keys, and how many bytes lie in the row itself, since
     * H2 keeps longer ones elsewhere. The parameters: run, sequence.
     */
    String nextInRow(int rows) {
        return "select " + key + ", case when octet_length(" + bytes + ") <= " + StoreAddress.IN_ROW_BYTES_MAX
                + " then octet_length(" + bytes + ") else 0 end from " + table + " where run_pk = ? and " + key
                + " > ? order by run_pk, " + key + " limit " + rows;
    }

    /** The statement that deletes rows of a run. The parameters: run, the sequence behind which they are, that of the last. */
    String deleteUpTo() {
        return "delete from " + table + " where run_pk = ? and " + key + " > ? and " + key + " <= ?";
    }

    /** Deletes a run's rows of this table; on H2 see {@link FrameDeletion}. */
    void delete(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement("delete from " + table + " where run_pk = ?")) {
            delete.setLong(1, runPk);
            delete.executeUpdate();
        }
    }

    /** Deletes the rows of some runs of this table; the keys of the runs are an array of SQL. */
    void delete(Connection connection, Array runPks) throws SQLException {
        try (PreparedStatement delete =
                connection.prepareStatement("delete from " + table + " where run_pk = any(?)")) {
            delete.setArray(1, runPks);
            delete.executeUpdate();
        }
    }

    /**
     * What a run's rows of this table hold, up to the first whose summary cannot be true. The frames behind a summary are not
     * looked at.
     */
    FrameCount count(Connection connection, long runPk) throws SQLException {
        return this == FRAME ? countFrames(connection, runPk) : countBlocks(connection, runPk);
    }

    private static FrameCount countFrames(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(TOTALS_OF_FRAMES)) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                return new FrameCount(row.next() ? totals(row) : RunTotals.NONE, null);
            }
        }
    }

    private FrameCount countBlocks(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(summaries())) {
            select.setLong(1, runPk);
            RunTotals totals = RunTotals.NONE;
            long after = 0;
            int rows = SUMMARIES_AT_ONCE;
            while (rows == SUMMARIES_AT_ONCE) {
                rows = 0;
                select.setLong(2, after);
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        after = row.getLong(1);
                        try {
                            totals = withRow(totals, row.getBytes(2), after);
                        } catch (RuntimeException e) {
                            return new FrameCount(totals, DamagedFramesException.behind(totals.frames(), e));
                        }
                        rows++;
                    }
                }
            }
            return new FrameCount(totals, null);
        }
    }

    private static RunTotals withRow(RunTotals before, byte[] content, long last) {
        RunTotals totals = BlockFormat.totals(before, content);
        if (totals.frames() != last) {
            throw new IllegalStateException("its last frame is " + last + ", and it ends with " + totals.frames());
        }
        return totals;
    }

    private String summaries() {
        return "select " + key + ", substring(content from 1 for " + BlockFormat.SUMMARY_BYTES_MAX + ") from " + table
                + " where run_pk = ? and " + key + " > ? order by run_pk, " + key + " limit " + SUMMARIES_AT_ONCE;
    }

    private static RunTotals totals(ResultSet row) throws SQLException {
        return new RunTotals(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5) > 0);
    }

    private static ArrivedFrame frame(ResultSet row) throws SQLException {
        byte[] bytes = row.getBytes(7);
        @Nullable String id = row.getString(6);
        return new ArrivedFrame(
                FrameKind.ofCode(row.getInt(2)),
                bytes,
                0,
                bytes.length,
                row.getLong(3),
                row.getString(4),
                id == null ? "" : id,
                row.getInt(5));
    }
}
