package io.runtape.run;

import io.runtape.store.Engine;
import io.runtape.store.Store;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;

/**
 * Deletes frames of runs, in one transaction of the caller's. H2 keeps in memory all that one statement deletes, and what is not yet
 * written to its file; until the commit, all that the transaction deletes is on the disk, several times. So it gets the rows in pieces, each
 * of which is written before the next, and none that the disk has no room for; and none at all where the disk has no room for all rows of a
 * table, since what is deleted and then rolled back takes room as well. Plain SQL: rows of frames are no entities. Blocks; confined to one
 * thread.
 */
public final class FrameDeletion {

    /** Up to so many rows are deleted at once, on H2: with what is in a row, 64 KiB at the most, some megabytes. */
    static final int ROWS_AT_ONCE = 100;

    /** H2 writes a deleted row to its log of what to undo, and where it was, and goes on to move both: four times, and some more. */
    private static final int WRITTEN = 5;

    private final Connection connection;
    private final Engine engine;
    private final Room room;

    /** What the transaction has deleted so far, in bytes: it is written once more if it is rolled back. */
    private long deleted;

    /**
     * @param connection in the transaction
     * @param engine the connection's
     * @param room is asked for before the first piece, for all of them, and before each piece
     */
    public FrameDeletion(Connection connection, Engine engine, Room room) {
        this.connection = connection;
        this.engine = engine;
        this.room = room;
    }

    /** The disk of the database. */
    @FunctionalInterface
    public interface Room {
        /**
         * Fails if there is none.
         *
         * @param bytes what is about to be written
         * @throws SQLException with {@code 53100}; the transaction is to be rolled back
         */
        void require(long bytes) throws SQLException;
    }

    /** Deletes a run's rows of a table. */
    public void of(FrameTable table, long runPk) throws SQLException {
        if (engine == Engine.H2) {
            deletePieces(table, runPk);
        } else {
            table.delete(connection, runPk);
        }
    }

    /** Deletes all frames of a run. */
    public void of(long runPk) throws SQLException {
        for (FrameTable table : FrameTable.values()) {
            of(table, runPk);
        }
    }

    /** Deletes all frames of some runs. */
    public void ofAll(Collection<Long> runPks) throws SQLException {
        if (engine == Engine.H2) {
            for (long runPk : runPks) {
                of(runPk);
            }
        } else {
            Array keys = connection.createArrayOf("bigint", runPks.toArray());
            for (FrameTable table : FrameTable.values()) {
                table.delete(connection, keys);
            }
        }
    }

    private void deletePieces(FrameTable table, long runPk) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(table.nextInRow(ROWS_AT_ONCE));
                PreparedStatement delete = connection.prepareStatement(table.deleteUpTo());
                Statement checkpoint = connection.createStatement()) {
            select.setLong(1, runPk);
            delete.setLong(1, runPk);
            Piece piece = behind(0, select);
            requireRoomForAll(piece, select);
            while (piece.rows > 0) {
                deleted += piece.bytes;
                room.require(deleted + WRITTEN * piece.bytes);
                delete.setLong(2, piece.after);
                delete.setLong(3, piece.last);
                delete.executeUpdate();
                if (piece.bytes > 0) {
                    // It ends no transaction.
                    checkpoint.execute(Store.CHECKPOINT);
                }
                piece = piece.isLast() ? Piece.NONE : behind(piece.last, select);
            }
        }
    }

    /** Reads on from the first piece only for as long as the disk has room for what there was so far. */
    private void requireRoomForAll(Piece first, PreparedStatement select) throws SQLException {
        Piece piece = first;
        long bytes = piece.bytes;
        while (!piece.isLast()) {
            piece = behind(piece.last, select);
            bytes += piece.bytes;
            room.require(deleted + WRITTEN * bytes);
        }
    }

    private static Piece behind(long after, PreparedStatement select) throws SQLException {
        select.setLong(2, after);
        int rows = 0;
        long last = after;
        long bytes = 0;
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                rows++;
                last = row.getLong(1);
                bytes += row.getLong(2);
            }
        }
        return new Piece(after, last, rows, bytes);
    }

    /**
     * Rows that are deleted at once.
     *
     * @param after the sequence behind which they are
     * @param last that of the last one
     * @param bytes what lies in the rows themselves
     */
    private record Piece(long after, long last, int rows, long bytes) {

        private static final Piece NONE = new Piece(0, 0, 0, 0);

        boolean isLast() {
            return rows < ROWS_AT_ONCE;
        }
    }
}
