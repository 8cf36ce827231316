package io.runtape.rows;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collections;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyManager;

/**
 * PostgreSQL: a multi-row INSERT for the few frames of live traffic, COPY in binary for the many of bulk. COPY costs more a
 * statement and far less a row. The INSERT checks the fence itself, so that live traffic pays one round trip a commit.
 */
final class PostgresFrames implements FrameWriter {

    /** Up to so many rows an INSERT is faster than COPY. */
    private static final int INSERT_ROWS_MAX = 16;

    private static final String COPY = "copy frame (" + FrameRows.COLUMNS + ") from stdin (format binary)";

    private static final String FIRST_ROW = """
            (cast(? as bigint), cast(? as bigint), cast(? as integer), cast(? as integer), cast(? as smallint),
             cast(? as varchar), cast(? as text), cast(? as bytea))""";

    private static final String NEXT_ROW = "(?, ?, ?, ?, ?, ?, ?, ?)";

    private final Connection connection;
    private final CopyManager copies;
    private final NodeFence fence;
    private final CopyEncoder encoder = new CopyEncoder();
    private final @Nullable PreparedStatement[] inserts = new PreparedStatement[INSERT_ROWS_MAX + 1];

    PostgresFrames(Connection connection, NodeFence fence) throws SQLException {
        this.connection = connection;
        this.copies = connection.unwrap(PGConnection.class).getCopyAPI();
        this.fence = fence;
    }

    @Override
    public boolean writesFenced(CommitBatch batch) throws SQLException {
        if (batch.frames() > INSERT_ROWS_MAX) {
            return false;
        }
        PreparedStatement insert = insertOf(batch.frames());
        int at = 1;
        for (RunWrite write : batch.writes()) {
            FrameBlock frames = write.frames();
            for (int i = 0; frames != null && i < frames.count(); i++) {
                FrameRows.bind(insert, at, write.run().pk(), frames, i);
                at += FrameRows.COLUMN_COUNT;
            }
        }
        insert.setLong(at, fence.nodeId());
        insert.setLong(at + 1, fence.epoch());
        if (insert.executeUpdate() == 0) {
            throw NodeFence.epochOver();
        }
        return true;
    }

    private PreparedStatement insertOf(int rows) throws SQLException {
        PreparedStatement insert = inserts[rows];
        if (insert == null) {
            insert = connection.prepareStatement(
                    "insert into frame (" + FrameRows.COLUMNS + ") select v.* from node n, (values "
                            + FIRST_ROW + ", ".repeat(Math.min(1, rows - 1))
                            + String.join(", ", Collections.nCopies(rows - 1, NEXT_ROW))
                            + ") v where n.node_id = ? and n.epoch = ? for share of n");
            inserts[rows] = insert;
        }
        return insert;
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
            // Whatever it was: the connection answers nothing else, not even a rollback, until the copy is over.
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
