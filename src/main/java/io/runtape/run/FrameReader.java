package io.runtape.run;

import io.runtape.sse.FrameKind;
import io.runtape.store.Engine;
import io.runtape.store.Store;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.function.LongConsumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Reads frames back. A page is also bounded in bytes, so that a run of 8 MiB frames costs no more memory than one of
 * small frames. Every method blocks: call it on a worker thread. Safe for any thread.
 */
@ApplicationScoped
public class FrameReader implements StreamedFrames {

    public static final String FRAMES = "sequence, kind, offset_us, type, parts, bytes";

    /** The same for the history, which also shows last event ids. */
    private static final String FRAMES_WITH_IDS = FRAMES + ", last_event_id";

    static final String SIZES = "sequence, octet_length(bytes)";

    private static final String TOTALS = """
            select count(*), count(case when kind = 1 then 1 end),
                coalesce(sum(case when kind = 6 then octet_length(bytes) end), sum(octet_length(bytes)), 0),
                coalesce(min(offset_us), -1), count(case when kind = 6 then 1 end)
            from frame where run_pk = ?""";

    /** Rows of one read on behalf of a stream. */
    private static final int BLOCK_FRAMES = 1000;

    /** Rows of the first read, when the length of the run's frames is still unknown. */
    public static final int FIRST_BLOCK_FRAMES = 32;

    /**
     * A read for a stream ends with the frame that reaches this many bytes: few enough that a turn at the database or
     * on an event loop is short, and that thousands of clients may each hold one block unread.
     */
    private static final long BLOCK_BYTES = 64 << 10;

    /** The same for a page of history, whose frames also become JSON. */
    private static final long PAGE_BYTES = 4 << 20;

    /**
     * The number of concurrent reads of an embedded database. It holds each row that it visits in this process's heap,
     * long rows several times over, even if a statement asks only for their sizes. Further reads wait, without a
     * connection.
     */
    private static final int EMBEDDED_READS_AT_ONCE = 2;

    private final DataSource database;
    private final Store store;
    private final Semaphore embeddedReads = new Semaphore(EMBEDDED_READS_AT_ONCE, true);

    FrameReader(DataSource database, Store store) {
        this.database = database;
        this.store = store;
    }

    /** A read over a connection. */
    @FunctionalInterface
    private interface Reading<T> {
        T over(Connection connection) throws SQLException;
    }

    private <T> T read(Reading<T> reading) throws SQLException {
        if (store.engine() == Engine.POSTGRESQL) {
            try (Connection connection = database.getConnection()) {
                return reading.over(connection);
            }
        }
        embeddedReads.acquireUninterruptibly();
        try (Connection connection = database.getConnection()) {
            return reading.over(connection);
        } finally {
            embeddedReads.release();
        }
    }

    @Override
    public FrameBlock block(long runPk, long after, long upTo, int limit) throws SQLException {
        List<RecordedFrame> frames = read(runPk, FrameQuery.all(after, upTo, limit), BLOCK_BYTES, null);
        int bytes = frames.stream().mapToInt(f -> f.bytes().length).sum();
        FrameBlock block = new FrameBlock(after + 1, Math.max(1, frames.size()), bytes);
        for (RecordedFrame f : frames) {
            block.addNext(f);
        }
        return block;
    }

    /**
     * How many frames to ask for after a block of a run: twice as many as it has. H2 visits all requested rows, which
     * for long frames is much more than a block holds.
     */
    public static int limitAfter(FrameBlock block) {
        return Math.max(FIRST_BLOCK_FRAMES, Math.min(BLOCK_FRAMES, 2 * block.count()));
    }

    /**
     * Reads a page of history. It may hold fewer frames than the limit although more exist, but at least one if one
     * exists.
     *
     * @param room gets the number of bytes that will be read, and may wait until there is room for them, or throw
     */
    public List<RecordedFrame> page(long runPk, FrameQuery query, LongConsumer room) throws SQLException {
        return read(runPk, query, PAGE_BYTES, room);
    }

    /** The same for a stream: the page is no longer than a {@link #block}. */
    public List<RecordedFrame> shortPage(long runPk, FrameQuery query, LongConsumer room) throws SQLException {
        return read(runPk, query, BLOCK_BYTES, room);
    }

    /**
     * Finds the end of the page by the sizes alone, then reads the page. In one statement H2 would hold all frames of
     * the limit, or scan the run from its beginning.
     *
     * @param room the room of the history, which also shows last event ids; null for a stream
     */
    private List<RecordedFrame> read(long runPk, FrameQuery query, long bytesMax, @Nullable LongConsumer room)
            throws SQLException {
        if (room == null) {
            return read(connection -> {
                Extent extent = within(connection, runPk, query, bytesMax);
                return extent.last < 0 ? List.of() : frames(connection, runPk, query.endingWith(extent.last), false);
            });
        }
        Extent extent = read(connection -> within(connection, runPk, query, bytesMax));
        if (extent.last < 0) {
            return List.of();
        }
        // Holds no connection while it waits for room.
        room.accept(extent.bytes);
        return read(connection -> frames(connection, runPk, query.endingWith(extent.last), true));
    }

    private static List<RecordedFrame> frames(Connection connection, long runPk, FrameQuery page, boolean withIds)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(select(withIds ? FRAMES_WITH_IDS : FRAMES, page))) {
            bind(select, runPk, page);
            try (ResultSet rows = select.executeQuery()) {
                List<RecordedFrame> frames = new ArrayList<>();
                while (rows.next()) {
                    frames.add(withIds ? frame(rows, rows.getString(7)) : frame(rows));
                }
                return frames;
            }
        }
    }

    /**
     * Where a page ends.
     *
     * @param last the sequence of its last frame; -1 if it has none
     * @param bytes how many bytes it has
     */
    private record Extent(long last, long bytes) {}

    /** The page up to the frame that reaches that many bytes, or up to the last frame. */
    private static Extent within(Connection connection, long runPk, FrameQuery query, long bytesMax)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(select(SIZES, query))) {
            bind(select, runPk, query);
            try (ResultSet row = select.executeQuery()) {
                long last = -1;
                long bytes = 0;
                while (bytes < bytesMax && row.next()) {
                    last = row.getLong(1);
                    bytes += row.getLong(2);
                }
                return new Extent(last, bytes);
            }
        }
    }

    /** The statement that selects these columns of the frames of a query; {@link #bind} sets its parameters. */
    static String select(String columns, FrameQuery query) {
        // The order names the whole primary key: for the sequence alone, H2 would sort all rows that follow.
        String order = query.descending() ? " desc" : "";
        return "select " + columns + " from frame where run_pk = ? and sequence > ? and sequence <= ?"
                + query.filter().conditions("")
                + " order by run_pk" + order + ", sequence" + order + " limit ?";
    }

    static void bind(PreparedStatement select, long runPk, FrameQuery query) throws SQLException {
        select.setLong(1, runPk);
        select.setLong(2, query.after());
        select.setLong(3, query.upTo());
        select.setInt(query.filter().bind(select, 4), query.limit());
    }

    /** The frame of a row of {@link #FRAMES}. */
    public static RecordedFrame frame(ResultSet row) throws SQLException {
        return frame(row, null);
    }

    private static RecordedFrame frame(ResultSet row, @Nullable String storedId) throws SQLException {
        long idSetBy = LastEventIds.setBy(storedId);
        return new RecordedFrame(
                row.getLong(1),
                FrameKind.ofCode(row.getInt(2)),
                row.getLong(3),
                row.getString(4),
                storedId == null || idSetBy > 0 ? "" : storedId,
                idSetBy,
                row.getInt(5),
                row.getBytes(6));
    }

    /** The last event ID that the frame with this sequence set; empty if the frame is gone. */
    public String lastEventId(long runPk, long sequence) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement(
                        "select last_event_id from frame where run_pk = ? and sequence = ?")) {
            select.setLong(1, runPk);
            select.setLong(2, sequence);
            try (ResultSet row = select.executeQuery()) {
                String id = row.next() ? row.getString(1) : null;
                return id == null ? "" : id;
            }
        }
    }

    /**
     * The sequence of the frame that set this last event ID; the newest if several did.
     *
     * @param upTo the last sequence that may be read
     */
    public OptionalLong sequenceOf(long runPk, String lastEventId, long upTo) throws SQLException {
        if (lastEventId.isEmpty() || lastEventId.indexOf('\n') >= 0 || lastEventId.indexOf('\0') >= 0) {
            return OptionalLong.empty();
        }
        return read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                    "select max(sequence) from frame where run_pk = ? and sequence <= ? and last_event_id = ?")) {
                select.setLong(1, runPk);
                select.setLong(2, upTo);
                select.setString(3, lastEventId);
                try (ResultSet row = select.executeQuery()) {
                    long sequence = row.next() ? row.getLong(1) : 0;
                    return sequence == 0 ? OptionalLong.empty() : OptionalLong.of(sequence);
                }
            }
        });
    }

    /** What a run holds, counted from its frames. */
    public RunTotals totals(long runPk) throws SQLException {
        try (Connection connection = database.getConnection()) {
            return totals(connection, runPk);
        }
    }

    public static RunTotals totals(Connection connection, long runPk) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(TOTALS)) {
            select.setLong(1, runPk);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return new RunTotals(
                        row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5) > 0);
            }
        }
    }

    /**
     * The bytes of an event with the parts that lead it, joined.
     *
     * @param bytesMax the most bytes to read; a longer event gives an empty result
     * @param room gets the number of further bytes that will be read, and may wait until there is room for them, or
     *     throw
     */
    public Optional<byte[]> whole(long runPk, RecordedFrame completing, int bytesMax, LongConsumer room)
            throws SQLException {
        if (completing.parts() == 0) {
            return Optional.of(completing.bytes());
        }
        long from = completing.sequence() - completing.parts();
        long bytes = read(connection -> bytesOf(connection, runPk, from, completing.sequence()));
        if (bytes > bytesMax) {
            return Optional.empty();
        }
        room.accept(bytes);
        ByteBuffer joined = read(connection -> joined(connection, runPk, from, completing.sequence(), (int) bytes));
        // Fewer where the run was deleted meanwhile.
        return joined.hasRemaining() ? Optional.empty() : Optional.of(joined.array());
    }

    private static ByteBuffer joined(Connection connection, long runPk, long from, long to, int bytes)
            throws SQLException {
        ByteBuffer joined = ByteBuffer.allocate(bytes);
        try (PreparedStatement select = connection.prepareStatement("""
                select bytes from frame where run_pk = ? and sequence between ? and ? and kind <> 6
                order by run_pk, sequence""")) {
            select.setLong(1, runPk);
            select.setLong(2, from);
            select.setLong(3, to);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    joined.put(rows.getBytes(1));
                }
            }
        }
        return joined;
    }

    private static long bytesOf(Connection connection, long runPk, long from, long to) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("""
                select coalesce(sum(octet_length(bytes)), 0) from frame
                where run_pk = ? and sequence between ? and ? and kind <> 6""")) {
            select.setLong(1, runPk);
            select.setLong(2, from);
            select.setLong(3, to);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /**
     * The sequence of the last frame up to this one that is neither a part nor of kind encoded; 0 if there is none. Parts
     * behind it belong to an event that is not complete yet.
     */
    public long lastComplete(long runPk, long upTo) throws SQLException {
        return read(connection -> {
            try (PreparedStatement select = connection.prepareStatement("""
                    select sequence from frame where run_pk = ? and sequence <= ? and kind not in (?, ?)
                    order by run_pk desc, sequence desc limit 1""")) {
                select.setLong(1, runPk);
                select.setLong(2, upTo);
                select.setShort(3, FrameKind.PART.code());
                select.setShort(4, FrameKind.ENCODED.code());
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? row.getLong(1) : 0;
                }
            }
        });
    }

    @Override
    public @Nullable FrameKind completes(long runPk, long after, long upTo) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement select = connection.prepareStatement("""
                        select kind from frame where run_pk = ? and sequence > ? and sequence <= ? and kind not in (?, ?)
                        order by run_pk, sequence limit 1""")) {
            select.setLong(1, runPk);
            select.setLong(2, after);
            select.setLong(3, upTo);
            select.setShort(4, FrameKind.PART.code());
            select.setShort(5, FrameKind.ENCODED.code());
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? FrameKind.ofCode(row.getInt(1)) : null;
            }
        }
    }
}
