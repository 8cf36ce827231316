package io.runtape.run;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive rows with frames of one run. They are found by their sizes alone, so that no more is read than memory may
 * hold.
 *
 * @param table where they are
 * @param runPk the run's key
 * @param first the key of the first row
 * @param last the key of the last row, which is the sequence of its last frame
 * @param bytes about how many bytes they take in memory
 */
record StoredRows(FrameTable table, long runPk, long first, long last, long bytes) {

    /** More than most frames have. */
    private static final long FRAME_BYTES = 256;

    /**
     * Frames of a run.
     *
     * @param after the sequence that they come after
     * @param upTo the last sequence
     * @param descending whether they are wanted from the last one on
     */
    record Span(long after, long upTo, boolean descending) {

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

    /** A frame of a row, with its sequence. */
    record Numbered(long sequence, ArrivedFrame frame) {}

    /**
     * The next rows with frames of a span, in whatever table they are.
     *
     * @param framesMax the rows end with the one that has this many frames of the span, counted over all
     * @param bytesMax the rows end with the one that reaches this many bytes
     * @return empty if there are none
     */
    static Optional<StoredRows> next(Connection connection, long runPk, Span span, int framesMax, long bytesMax)
            throws SQLException {
        for (FrameTable table : FrameTable.LOOKS) {
            Optional<StoredRows> rows = nextIn(connection, table, runPk, span, framesMax, bytesMax);
            if (rows.isPresent()) {
                return rows;
            }
        }
        return Optional.empty();
    }

    /** The same in one table. */
    static Optional<StoredRows> nextIn(
            Connection connection, FrameTable table, long runPk, Span span, int framesMax, long bytesMax)
            throws SQLException {
        return span.descending
                ? backwards(connection, table, runPk, span, framesMax, bytesMax)
                : forwards(connection, table, runPk, span, framesMax, bytesMax);
    }

    private static Optional<StoredRows> forwards(
            Connection connection, FrameTable table, long runPk, Span span, int framesMax, long bytesMax)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(table.nextSizes("?", "?", "?"))) {
            select.setLong(1, runPk);
            select.setLong(2, span.after);
            select.setLong(3, runPk);
            select.setLong(4, span.after);
            select.setLong(5, Math.min(span.upTo, span.after + framesMax));
            return sizes(select, table, runPk, bytesMax);
        }
    }

    private static Optional<StoredRows> backwards(
            Connection connection, FrameTable table, long runPk, Span span, int framesMax, long bytesMax)
            throws SQLException {
        OptionalLong holding = table.holding(connection, runPk, span.upTo);
        OptionalLong top = holding.isPresent() ? holding : table.last(connection, runPk);
        if (top.isEmpty() || top.getAsLong() <= span.after) {
            return Optional.empty();
        }
        try (PreparedStatement select = connection.prepareStatement(table.sizesBackwards())) {
            select.setLong(1, runPk);
            select.setLong(2, Math.max(span.after, Math.min(span.upTo, top.getAsLong()) - framesMax));
            select.setLong(3, top.getAsLong());
            return sizes(select, table, runPk, bytesMax);
        }
    }

    private static Optional<StoredRows> sizes(PreparedStatement select, FrameTable table, long runPk, long bytesMax)
            throws SQLException {
        try (ResultSet row = select.executeQuery()) {
            @Nullable StoredRows rows = null;
            while ((rows == null || rows.bytes < bytesMax) && row.next()) {
                long key = row.getLong(1);
                long bytes = row.getLong(2);
                rows = rows == null
                        ? new StoredRows(table, runPk, key, key, bytes)
                        : new StoredRows(
                                table, runPk, Math.min(rows.first, key), Math.max(rows.last, key), rows.bytes + bytes);
            }
            return Optional.ofNullable(rows);
        }
    }

    private void read(Connection connection, FrameTable.Sink sink) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(table.between())) {
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
    List<Numbered> frames(Connection connection, Span span) throws SQLException {
        List<Numbered> frames = new ArrayList<>();
        read(connection, (sequence, frame) -> {
            if (span.holds(sequence)) {
                frames.add(new Numbered(sequence, frame));
            }
        });
        if (span.descending) {
            Collections.reverse(frames);
        }
        return frames;
    }

    /**
     * The frames that belong to an ascending span, as a block.
     *
     * @param withIds whether the block has their last event IDs
     * @throws DamagedFramesException if one of them is missing
     */
    FrameBlock block(Connection connection, Span span, boolean withIds) throws SQLException {
        // The span may end far before the last row does.
        long expected = span.upTo < last ? Math.min(bytes, FRAME_BYTES * (span.upTo - span.after)) : bytes;
        FrameBlock block = new FrameBlock(span.after + 1, FrameReader.FIRST_BLOCK_FRAMES, Math.toIntExact(expected));
        read(connection, (sequence, frame) -> {
            if (span.holds(sequence)) {
                block.addNext(sequence, withIds ? frame : frame.withoutId());
            }
        });
        return block;
    }
}
