package io.runtape.journal.sql;

import io.runtape.run.FrameBlock;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyManager;

/**
 * PostgreSQL: an INSERT of arrays for the few frames of live traffic, binary COPY for the many of bulk traffic. COPY
 * costs more for each statement and less for each row. The INSERT checks the fence itself, so that a commit in live
 * traffic is one round trip.
 */
final class PostgresFrames implements FrameWriter {

    /** Up to this many rows an INSERT is faster than COPY. */
    private static final int INSERT_ROWS_MAX = 256;

    /** The same for bytes of frames: an INSERT holds them two more times in memory, COPY only a piece at a time. */
    private static final long INSERT_BYTES_MAX = 1 << 20;

    /** Finds and locks the fence's row once, not for each frame. */
    private static final String INSERT =
            "with fence as (" + NodeFence.CHECK + " for share) insert into frame (" + FrameRows.COLUMNS + """
            )
            select v.run_pk, v.offset_us, v.sequence, nullif(v.parts, 0), v.kind, v.type, v.last_event_id, v.bytes
            from fence, unnest(?::bigint[], ?::bigint[], ?::integer[], ?::integer[], ?::smallint[], ?::varchar[],
                    ?::text[], ?::bytea[])
                as v (run_pk, offset_us, sequence, parts, kind, type, last_event_id, bytes)""";

    private static final String COPY = "copy frame (" + FrameRows.COLUMNS + ") from stdin (format binary)";

    private final PGConnection session;
    private final PreparedStatement insert;
    private final CopyManager copies;
    private final NodeFence fence;
    private final CopyEncoder encoder = new CopyEncoder();

    PostgresFrames(Connection connection, NodeFence fence) throws SQLException {
        this.session = connection.unwrap(PGConnection.class);
        this.insert = connection.prepareStatement(INSERT);
        this.copies = session.getCopyAPI();
        this.fence = fence;
    }

    @Override
    public boolean writesFenced(CommitBatch batch) throws SQLException {
        if (batch.frames() > INSERT_ROWS_MAX || batch.bytes() > INSERT_BYTES_MAX) {
            return false;
        }
        new Columns(batch).bind(fence.bind(insert, 1));
        if (insert.executeUpdate() == 0) {
            throw NodeFence.epochOver();
        }
        return true;
    }

    /** The rows of a batch, column by column. */
    private final class Columns {

        private final long[] runs;
        private final long[] offsets;
        private final int[] sequences;
        private final int[] parts;
        private final short[] kinds;
        private final @Nullable String[] types;
        private final @Nullable String[] lastEventIds;
        private final byte[][] bytes;

        Columns(CommitBatch batch) {
            int rows = batch.frames();
            runs = new long[rows];
            offsets = new long[rows];
            sequences = new int[rows];
            parts = new int[rows];
            kinds = new short[rows];
            types = new String[rows];
            lastEventIds = new String[rows];
            bytes = new byte[rows][];
            int row = 0;
            for (RunWrite write : batch.writes()) {
                FrameBlock frames = write.frames();
                for (int i = 0; frames != null && i < frames.count(); i++) {
                    runs[row] = write.run().pk();
                    set(row++, frames, i);
                }
            }
        }

        private void set(int row, FrameBlock frames, int index) {
            offsets[row] = frames.offsetMicros(index);
            sequences[row] = Math.toIntExact(frames.sequence(index));
            parts[row] = frames.parts(index);
            kinds[row] = frames.kind(index).code();
            types[row] = frames.type(index);
            String lastEventId = frames.lastEventId(index);
            lastEventIds[row] = lastEventId.isEmpty() ? null : lastEventId;
            bytes[row] = Arrays.copyOfRange(frames.bytes(), frames.start(index), frames.end(index));
        }

        void bind(int first) throws SQLException {
            bind(first, "int8", runs);
            bind(first + 1, "int8", offsets);
            bind(first + 2, "int4", sequences);
            bind(first + 3, "int4", parts);
            bind(first + 4, "int2", kinds);
            bind(first + 5, "varchar", types);
            bind(first + 6, "text", lastEventIds);
            bind(first + 7, "bytea", bytes);
        }

        private void bind(int at, String type, Object column) throws SQLException {
            insert.setArray(at, session.createArrayOf(type, column));
        }
    }

    @Override
    public void write(CommitBatch batch) throws SQLException {
        if (!writesFenced(batch)) {
            copy(batch);
        }
    }

    private void copy(CommitBatch batch) throws SQLException {
        CopyIn copy = copies.copyIn(COPY);
        try {
            encoder.encode(batch, copy::writeToCopy);
            copy.endCopy();
        } catch (Throwable e) {
            // For any failure: until the copy is over the connection accepts no other statement, not even a rollback.
            cancel(copy, e);
            throw e;
        }
    }

    private static void cancel(CopyIn copy, Throwable cause) {
        try {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }
}
