package io.runtape.journal.sql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
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

    /** Up to about this many rows an INSERT is faster than COPY. */
    private static final int INSERT_ROWS_MAX = 256;

    /** The same for bytes of frames: an INSERT holds them two more times in memory, COPY only a piece at a time. */
    private static final long INSERT_BYTES_MAX = 256 << 10;

    /** Finds and locks the fence's row once, not for each row. */
    private static final String INSERT = "with fence as (" + NodeFence.CHECK + " for share) insert into "
            + FrameRows.TABLE + " (" + FrameRows.COLUMNS + """
            )
            select v.run_pk, v.last_sequence, v.plain_length, v.content
            from fence, unnest(?::bigint[], ?::integer[], ?::integer[], ?::bytea[])
                as v (run_pk, last_sequence, plain_length, content)""";

    private static final String COPY =
            "copy " + FrameRows.TABLE + " (" + FrameRows.COLUMNS + ") from stdin (format binary)";

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
        if (batch.frameWrites() > INSERT_ROWS_MAX || batch.bytes() > INSERT_BYTES_MAX) {
            return false;
        }
        bind(batch, fence.bind(insert, 1));
        if (insert.executeUpdate() == 0) {
            throw NodeFence.epochOver();
        }
        return true;
    }

    private void bind(CommitBatch batch, int first) throws SQLException {
        List<Long> runs = new ArrayList<>();
        List<Integer> sequences = new ArrayList<>();
        List<@Nullable Integer> plainLengths = new ArrayList<>();
        List<byte[]> contents = new ArrayList<>();
        FrameRows.of(batch, (runPk, lastSequence, plainLength, content) -> {
            runs.add(runPk);
            sequences.add(lastSequence);
            plainLengths.add(plainLength);
            contents.add(content);
        });
        bind(first, "int8", runs.toArray(Long[]::new));
        bind(first + 1, "int4", sequences.toArray(Integer[]::new));
        bind(first + 2, "int4", plainLengths.toArray(Integer[]::new));
        bind(first + 3, "bytea", contents.toArray(byte[][]::new));
    }

    private void bind(int at, String type, Object column) throws SQLException {
        insert.setArray(at, session.createArrayOf(type, column));
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
