package io.runtape.run;

import io.runtape.store.Engine;
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
 * Consecutive rows with frames of one run. They are found by their sizes, so that no more is read than memory may hold.
 * PostgreSQL sends the contents of short rows along: the rows of a live run lie far apart, and to visit them costs most.
 *
 * @param table where they are
 * @param runPk the run's key
 * @param first the key of the first row
 * @param last the key of the last row, which is the sequence of its last frame
 * @param bytes about how many bytes they take in memory
 * @param contents the contents of all of them, in their order; empty if they are still to be read
 */
record StoredRows(FrameTable table, long runPk, long first, long last, long bytes, List<Content> contents) {

    /**
     * Contents come along up to so many bytes more than were asked for: as many as the last row has, packed or not, but for one
     * with a long frame, which is read by itself.
     */
    private static final int FURTHER_BYTES = 128 << 10;

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

    /** The content of a row, with the sequence of its last frame. */
    @SuppressWarnings("ArrayRecordComponent") // Handed on once and never compared.
    record Content(long last, byte[] bytes) {}

    /**
     * How much to read at once. The rows end with the first one that reaches a bound, or before a row with a long frame.
     *
     * @param frames of the span, counted over all
     * @param bytes of all rows
     */
    record Bounds(int frames, long bytes) {}

    /**
     * The next rows with frames of a span, in whatever table they are.
     *
     * @return empty if there are none
     */
    static Optional<StoredRows> next(Connection connection, Engine engine, long runPk, Span span, Bounds bounds)
            throws SQLException {
        for (FrameTable table : FrameTable.LOOKS) {
            Optional<StoredRows> rows = nextIn(connection, engine, table, runPk, span, bounds);
            if (rows.isPresent()) {
                return rows;
            }
        }
        return Optional.empty();
    }

    /** The same in one table. */
    static Optional<StoredRows> nextIn(
            Connection connection, Engine engine, FrameTable table, long runPk, Span span, Bounds bounds)
            throws SQLException {
        if (span.descending) {
            return backwards(connection, table, runPk, span, bounds);
        }
        return engine == Engine.POSTGRESQL && table != FrameTable.FRAME
                ? forwardsWithContents(connection, table, runPk, span, bounds)
                : forwards(connection, table, runPk, span, bounds);
    }

    private static long end(Span span, Bounds bounds) {
        return Math.min(span.upTo, span.after + bounds.frames);
    }

    private static Optional<StoredRows> forwards(
            Connection connection, FrameTable table, long runPk, Span span, Bounds bounds) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(table.nextSizes("?", "?", "?"))) {
            select.setLong(1, runPk);
            select.setLong(2, span.after);
            select.setLong(3, runPk);
            select.setLong(4, span.after);
            select.setLong(5, end(span, bounds));
            return sizes(select, table, runPk, bounds);
        }
    }

    private static Optional<StoredRows> forwardsWithContents(
            Connection connection, FrameTable table, long runPk, Span span, Bounds bounds) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(table.nextBlocks())) {
            select.setLong(1, bounds.bytes + FURTHER_BYTES);
            select.setLong(2, runPk);
            select.setLong(3, span.after);
            select.setLong(4, end(span, bounds));
            select.setLong(5, runPk);
            select.setLong(6, span.after);
            select.setLong(7, bounds.bytes);
            try (ResultSet row = select.executeQuery()) {
                return rows(row, table, runPk);
            }
        }
    }

    private static Optional<StoredRows> rows(ResultSet row, FrameTable table, long runPk) throws SQLException {
        if (!row.next()) {
            return Optional.empty();
        }
        long first = row.getLong(1);
        long last = first;
        long bytes = 0;
        List<Content> contents = new ArrayList<>();
        do {
            byte[] content = row.getBytes(3);
            if (content == null && !contents.isEmpty()) {
                break;
            }
            last = row.getLong(1);
            bytes += row.getLong(2);
            if (content != null) {
                contents.add(new Content(last, content));
            }
        } while (row.next());
        return Optional.of(new StoredRows(table, runPk, first, last, bytes, contents));
    }

    private static Optional<StoredRows> backwards(
            Connection connection, FrameTable table, long runPk, Span span, Bounds bounds) throws SQLException {
        OptionalLong holding = table.holding(connection, runPk, span.upTo);
        OptionalLong top = holding.isPresent() ? holding : table.last(connection, runPk);
        if (top.isEmpty() || top.getAsLong() <= span.after) {
            return Optional.empty();
        }
        try (PreparedStatement select = connection.prepareStatement(table.sizesBackwards())) {
            select.setLong(1, runPk);
            select.setLong(2, Math.max(span.after, Math.min(span.upTo, top.getAsLong()) - bounds.frames));
            select.setLong(3, top.getAsLong());
            return sizes(select, table, runPk, bounds);
        }
    }

    private static Optional<StoredRows> sizes(PreparedStatement select, FrameTable table, long runPk, Bounds bounds)
            throws SQLException {
        try (ResultSet row = select.executeQuery()) {
            @Nullable StoredRows rows = null;
            while ((rows == null || rows.bytes < bounds.bytes) && row.next()) {
                long key = row.getLong(1);
                long bytes = row.getLong(2);
                rows = rows == null
                        ? new StoredRows(table, runPk, key, key, bytes, List.of())
                        : new StoredRows(
                                table,
                                runPk,
                                Math.min(rows.first, key),
                                Math.max(rows.last, key),
                                rows.bytes + bytes,
                                List.of());
            }
            return Optional.ofNullable(rows);
        }
    }

    /** Whether their contents are here, so that no connection is needed for their frames. */
    boolean areRead() {
        return !contents.isEmpty();
    }

    private void readContents(FrameTable.Sink sink) throws SQLException {
        for (Content content : contents) {
            FrameTable.readBlock(content.last, content.bytes, sink);
        }
    }

    private void read(Connection connection, FrameTable.Sink sink) throws SQLException {
        if (areRead()) {
            readContents(sink);
            return;
        }
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

    /** Reads frames into a sink. */
    @FunctionalInterface
    private interface Reading {
        void into(FrameTable.Sink sink) throws SQLException;
    }

    /** The frames that belong to a span, in its order. */
    List<Numbered> frames(Connection connection, Span span) throws SQLException {
        return frames(sink -> read(connection, sink), span);
    }

    /** The same of rows that are read. */
    List<Numbered> frames(Span span) throws SQLException {
        return frames(this::readContents, span);
    }

    private static List<Numbered> frames(Reading rows, Span span) throws SQLException {
        List<Numbered> frames = new ArrayList<>();
        rows.into((sequence, frame) -> {
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
