package io.runtape.run;

import io.runtape.sse.FrameKind;
import io.runtape.store.Engine;
import io.runtape.store.Store;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Reads frames back. A page is also bounded in bytes, so that a run of 8 MiB frames costs no more memory than one of
 * small frames. Every method blocks: call it on a worker thread. Safe for any thread.
 */
@ApplicationScoped
public class FrameReader implements StreamedFrames {

    /** Rows of one read on behalf of a stream. */
    private static final int BLOCK_FRAMES = 1000;

    /** Rows of the first read, when the length of the run's frames is still unknown. */
    public static final int FIRST_BLOCK_FRAMES = 32;

    /** The most frames that one piece of a scan is to have; bytes bound it too. */
    private static final int SCANNED_FRAMES_MAX = 1 << 16;

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
        return read(connection -> {
            FrameBlock block = nextBlock(connection, runPk, after, upTo, limit);
            // Whoever looks again finds the frames of a run that was packed between the look and the read.
            return block.count() > 0 ? block : nextBlock(connection, runPk, after, upTo, limit);
        });
    }

    private static FrameBlock nextBlock(Connection connection, long runPk, long after, long upTo, int limit)
            throws SQLException {
        @Nullable Rows rows = rows(connection, runPk, new Span(after, upTo, false), limit, BLOCK_BYTES);
        if (rows == null) {
            return new FrameBlock(after + 1, 1, 0);
        }
        FrameBlock block = new FrameBlock(
                after + 1, Math.toIntExact(Math.min(limit, rows.last - after)), Math.toIntExact(rows.bytes));
        rows.read(connection, runPk, (sequence, frame) -> {
            if (sequence > after && sequence <= upTo) {
                block.addNext(sequence, frame);
            }
        });
        return block;
    }

    /**
     * The next frames of a run that are in one table, with their last event IDs: about 64 KiB.
     *
     * @param limit the most frames, unless a row has more
     * @return a block without frames after the last
     */
    public static FrameBlock next(Connection connection, FrameTable table, long runPk, long after, int limit)
            throws SQLException {
        Span span = new Span(after, Integer.MAX_VALUE, false);
        FrameBlock block = new FrameBlock(after + 1, FIRST_BLOCK_FRAMES, 1024);
        @Nullable Rows rows = rowsForwards(connection, table, runPk, span, limit, BLOCK_BYTES);
        if (rows != null) {
            rows.read(connection, runPk, (sequence, frame) -> {
                if (sequence == block.last() + 1) {
                    block.add(frame);
                } else if (sequence > after) {
                    throw new SQLException("frame " + (block.last() + 1) + " of a run is missing");
                }
            });
        }
        return block;
    }

    /**
     * How many frames to ask for after a block of a run: twice as many as it has. Rows are counted before they are
     * read, and may be as many as the frames.
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

    private List<RecordedFrame> read(long runPk, FrameQuery query, long bytesMax, LongConsumer room)
            throws SQLException {
        List<RecordedFrame> page = new ArrayList<>();
        long[] bytes = {0};
        Span span = new Span(query.after(), query.upTo(), query.descending());
        scan(runPk, span, query.limit(), room, (sequence, frame) -> {
            if (!query.passes(frame)) {
                return true;
            }
            room.accept(frame.length());
            page.add(recorded(sequence, frame));
            bytes[0] += frame.length();
            return page.size() < query.limit() && bytes[0] < bytesMax;
        });
        return page;
    }

    private static RecordedFrame recorded(long sequence, ArrivedFrame frame) {
        String storedId = frame.lastEventId();
        long idSetBy = LastEventIds.setBy(storedId);
        return new RecordedFrame(
                sequence,
                frame.kind(),
                frame.offsetMicros(),
                frame.type(),
                idSetBy > 0 ? "" : storedId,
                idSetBy,
                frame.parts(),
                Arrays.copyOfRange(frame.source(), frame.from(), frame.to()));
    }

    /**
     * Frames of a run.
     *
     * @param after the sequence that they come after
     * @param upTo the last sequence
     * @param descending whether they are wanted from the last one on
     */
    private record Span(long after, long upTo, boolean descending) {

        /** What is left behind a frame. */
        Span behind(long sequence) {
            return descending ? new Span(after, sequence - 1, true) : new Span(sequence, upTo, false);
        }

        boolean isEmpty() {
            return after >= upTo;
        }

        boolean holds(long sequence) {
            return sequence > after && sequence <= upTo;
        }
    }

    /** Takes the frames of a scan one after the other. */
    @FunctionalInterface
    private interface Scanning {
        /** Returns false to end the scan. */
        boolean takes(long sequence, ArrivedFrame frame);
    }

    /**
     * Goes over frames of a run in pieces, without a connection in between. The pieces grow: whoever wants one frame
     * mostly finds it in the first row.
     *
     * @param wanted about how many frames are wanted
     * @param room gets the number of bytes of each long piece before it is read
     */
    private void scan(long runPk, Span span, int wanted, LongConsumer room, Scanning scanning) throws SQLException {
        Span left = span;
        int framesMax = wanted;
        while (!left.isEmpty()) {
            List<Numbered> frames = piece(runPk, left, framesMax, room);
            if (frames.isEmpty()) {
                return;
            }
            for (Numbered each : frames) {
                if (!scanning.takes(each.sequence, each.frame)) {
                    return;
                }
            }
            left = left.behind(frames.get(frames.size() - 1).sequence);
            framesMax = Math.min(SCANNED_FRAMES_MAX, 2 * framesMax);
        }
    }

    /** The first frames of a span; empty if there are none, or the run was deleted meanwhile. */
    private List<Numbered> piece(long runPk, Span span, int framesMax, LongConsumer room) throws SQLException {
        // Whoever looks again finds the frames of a run that was packed between the look and the read.
        for (int looks = 0; looks < FrameTable.values().length; looks++) {
            Optional<Rows> rows =
                    read(connection -> Optional.ofNullable(rows(connection, runPk, span, framesMax, BLOCK_BYTES)));
            if (rows.isEmpty()) {
                break;
            }
            if (rows.get().bytes > 2 * BLOCK_BYTES) {
                room.accept(rows.get().bytes);
            }
            List<Numbered> frames = read(connection -> rows.get().frames(connection, runPk, span));
            if (!frames.isEmpty()) {
                return frames;
            }
        }
        return List.of();
    }

    /** A frame of a row that was read. */
    private record Numbered(long sequence, ArrivedFrame frame) {}

    /**
     * Consecutive rows of a run.
     *
     * @param table where they are
     * @param first the key of the first row
     * @param last the key of the last row, which is the sequence of its last frame
     * @param bytes about how many bytes they take in memory
     */
    private record Rows(FrameTable table, long first, long last, long bytes) {

        /** These rows, if there are some, and the one that a statement is at. */
        static Rows with(@Nullable Rows before, FrameTable table, ResultSet row) throws SQLException {
            long key = row.getLong(1);
            long bytes = row.getLong(2);
            return before == null
                    ? new Rows(table, key, key, bytes)
                    : new Rows(table, Math.min(before.first, key), Math.max(before.last, key), before.bytes + bytes);
        }

        void read(Connection connection, long runPk, FrameTable.Sink sink) throws SQLException {
            try (PreparedStatement select = connection.prepareStatement(FrameReader.rows(table))) {
                select.setLong(1, runPk);
                select.setLong(2, first);
                select.setLong(3, last);
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        table.read(row, sink);
                    }
                }
            }
        }

        /** The frames that belong to a span, in its order. */
        List<Numbered> frames(Connection connection, long runPk, Span span) throws SQLException {
            List<Numbered> frames = new ArrayList<>();
            read(connection, runPk, (sequence, frame) -> {
                if (span.holds(sequence)) {
                    frames.add(new Numbered(sequence, frame));
                }
            });
            if (span.descending) {
                Collections.reverse(frames);
            }
            return frames;
        }
    }

    /**
     * Finds the next rows with frames of a span by their sizes alone, so that no more is read than memory may hold.
     *
     * @param framesMax the rows end with the one that has this many frames of the span, counted over all
     * @param bytesMax the rows end with the one that reaches this many bytes
     * @return null if there are none
     */
    private static @Nullable Rows rows(Connection connection, long runPk, Span span, int framesMax, long bytesMax)
            throws SQLException {
        for (FrameTable table : FrameTable.values()) {
            @Nullable
            Rows rows = span.descending
                    ? rowsBackwards(connection, table, runPk, span, framesMax, bytesMax)
                    : rowsForwards(connection, table, runPk, span, framesMax, bytesMax);
            if (rows != null) {
                return rows;
            }
        }
        return null;
    }

    private static @Nullable Rows rowsForwards(
            Connection connection, FrameTable table, long runPk, Span span, int framesMax, long bytesMax)
            throws SQLException {
        long end = Math.min(span.upTo, span.after + framesMax);
        @Nullable Rows rows = sizes(connection, table, runPk, new Span(span.after, end, false), bytesMax);
        if (rows != null) {
            return rows;
        }
        // The next row, if there is one, has more frames.
        OptionalLong key = key(connection, table, runPk, end + 1);
        return key.isEmpty()
                ? null
                : sizes(connection, table, runPk, new Span(key.getAsLong() - 1, key.getAsLong(), false), bytesMax);
    }

    private static @Nullable Rows rowsBackwards(
            Connection connection, FrameTable table, long runPk, Span span, int framesMax, long bytesMax)
            throws SQLException {
        OptionalLong holding = key(connection, table, runPk, span.upTo);
        OptionalLong top = holding.isPresent() ? holding : last(connection, table, runPk);
        if (top.isEmpty() || top.getAsLong() <= span.after) {
            return null;
        }
        long first = Math.min(span.upTo, top.getAsLong()) - framesMax;
        return sizes(connection, table, runPk, new Span(Math.max(span.after, first), top.getAsLong(), true), bytesMax);
    }

    private static @Nullable Rows sizes(Connection connection, FrameTable table, long runPk, Span keys, long bytesMax)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sizes(table, keys.descending))) {
            select.setLong(1, runPk);
            select.setLong(2, keys.after);
            select.setLong(3, keys.upTo);
            try (ResultSet row = select.executeQuery()) {
                @Nullable Rows rows = null;
                while ((rows == null || rows.bytes < bytesMax) && row.next()) {
                    rows = Rows.with(rows, table, row);
                }
                return rows;
            }
        }
    }

    /**
     * The statement that selects the sizes of the rows between two keys. Both bounds are there, so that the database
     * cannot look at more rows than frames are wanted, whatever plan it chooses. The order names the whole primary key:
     * for the sequence alone, H2 would sort the rows.
     */
    static String sizes(FrameTable table, boolean descending) {
        String key = table.key();
        String order = descending ? " desc" : "";
        return "select " + table.sizes() + " from " + table.table() + " where run_pk = ? and " + key + " > ? and " + key
                + " <= ? order by run_pk" + order + ", " + key + order;
    }

    /** The statement that selects the rows between two keys, with these. */
    static String rows(FrameTable table) {
        String key = table.key();
        return "select " + table.rows() + " from " + table.table() + " where run_pk = ? and " + key
                + " between ? and ? order by run_pk, " + key;
    }

    /** The key of the row that holds the frame of a sequence; empty if there is none. */
    private static OptionalLong key(Connection connection, FrameTable table, long runPk, long sequence)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select " + table.key() + " from " + table.table()
                + " where run_pk = ? and " + table.key() + " >= ? order by run_pk, " + table.key() + " limit 1")) {
            select.setLong(1, runPk);
            select.setLong(2, sequence);
            return number(select);
        }
    }

    /** The key of the last row. */
    private static OptionalLong last(Connection connection, FrameTable table, long runPk) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("select " + table.key() + " from " + table.table()
                + " where run_pk = ? order by run_pk desc, " + table.key() + " desc limit 1")) {
            select.setLong(1, runPk);
            return number(select);
        }
    }

    private static OptionalLong number(PreparedStatement select) throws SQLException {
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
        }
    }

    /** The last event ID that the frame with this sequence set; empty if the frame is gone. */
    public String lastEventId(long runPk, long sequence) throws SQLException {
        String[] id = {""};
        scan(runPk, new Span(sequence - 1, sequence, false), 1, bytes -> {}, (at, frame) -> {
            id[0] = frame.lastEventId();
            return false;
        });
        return id[0];
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
        return found(
                        runPk,
                        new Span(0, upTo, true),
                        frame -> frame.lastEventId().equals(lastEventId))
                .map(found -> OptionalLong.of(found.sequence))
                .orElseGet(OptionalLong::empty);
    }

    /** The first frame of a span that meets a condition. */
    private Optional<Numbered> found(long runPk, Span span, Predicate<ArrivedFrame> condition) throws SQLException {
        List<Numbered> found = new ArrayList<>(1);
        scan(runPk, span, FIRST_BLOCK_FRAMES, bytes -> {}, (sequence, frame) -> {
            if (condition.test(frame)) {
                found.add(new Numbered(sequence, frame));
            }
            return found.isEmpty();
        });
        return found.stream().findFirst();
    }

    /** What a run holds, counted from its frames. */
    public RunTotals totals(long runPk) throws SQLException {
        try (Connection connection = database.getConnection()) {
            return totals(connection, runPk);
        }
    }

    /** The same over a connection. */
    public static RunTotals totals(Connection connection, long runPk) throws SQLException {
        for (FrameTable table : FrameTable.values()) {
            RunTotals totals = table.totals(connection, runPk);
            if (totals.frames() > 0) {
                return totals;
            }
        }
        return RunTotals.NONE;
    }

    /** The sequence of a run's last frame; 0 if it has none. */
    public long last(long runPk) throws SQLException {
        try (Connection connection = database.getConnection()) {
            for (FrameTable table : FrameTable.values()) {
                OptionalLong last = last(connection, table, runPk);
                if (last.isPresent()) {
                    return last.getAsLong();
                }
            }
            return 0;
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
        long first = completing.sequence() - completing.parts();
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        long[] met = {0, 0};
        scan(runPk, new Span(first - 1, completing.sequence(), false), FIRST_BLOCK_FRAMES, room, (sequence, frame) -> {
            met[0]++;
            if (frame.kind() != FrameKind.ENCODED) {
                met[1] += frame.length();
                if (met[1] <= bytesMax) {
                    joined.write(frame.source(), frame.from(), frame.length());
                }
            }
            return met[1] <= bytesMax;
        });
        // Fewer frames where the run was deleted meanwhile.
        return met[0] == completing.parts() + 1 && met[1] <= bytesMax
                ? Optional.of(joined.toByteArray())
                : Optional.empty();
    }

    /**
     * The sequence of the last frame up to this one that is neither a part nor of kind encoded; 0 if there is none. Parts
     * behind it belong to an event that is not complete yet.
     */
    public long lastComplete(long runPk, long upTo) throws SQLException {
        return found(runPk, new Span(0, upTo, true), FrameReader::completes)
                .map(Numbered::sequence)
                .orElse(0L);
    }

    @Override
    public @Nullable FrameKind completes(long runPk, long after, long upTo) throws SQLException {
        return found(runPk, new Span(after, upTo, false), FrameReader::completes)
                .map(found -> found.frame.kind())
                .orElse(null);
    }

    private static boolean completes(ArrivedFrame frame) {
        return frame.kind() != FrameKind.PART && frame.kind() != FrameKind.ENCODED;
    }
}
