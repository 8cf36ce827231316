package io.runtape.journal;

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
 * statement and far less a row.
 */
final class PostgresFrames implements FrameWriter {

    /** Up to so many rows an INSERT is faster than COPY. */
    private static final int INSERT_ROWS_MAX = 16;

    private static final String COPY = "copy frame (" + FrameRows.COLUMNS + ") from stdin (format binary)";

    private final Connection connection;
    private final CopyManager copies;
    private final CopyEncoder encoder = new CopyEncoder();
    private final @Nullable PreparedStatement[] inserts = new PreparedStatement[INSERT_ROWS_MAX + 1];

    PostgresFrames(Connection connection) throws SQLException {
        this.connection = connection;
        this.copies = connection.unwrap(PGConnection.class).getCopyAPI();
    }

    @Override
    public boolean isOneStatement(CommitBatch batch) {
        return true;
    }

    @Override
    public void write(CommitBatch batch) throws SQLException {
        if (batch.frames() <= INSERT_ROWS_MAX) {
            insert(batch);
        } else {
            copy(batch);
        }
    }

    private void insert(CommitBatch batch) throws SQLException {
        PreparedStatement insert = insertOf(batch.frames());
        int at = 1;
        for (RunWrite write : batch.writes()) {
            FrameBlock frames = write.frames();
            for (int i = 0; frames != null && i < frames.count(); i++) {
                FrameRows.bind(insert, at, write.run().pk(), frames, i);
                at += FrameRows.COLUMN_COUNT;
            }
        }
        insert.executeUpdate();
    }

    private PreparedStatement insertOf(int rows) throws SQLException {
        PreparedStatement insert = inserts[rows];
        if (insert == null) {
            insert = connection.prepareStatement("insert into frame (" + FrameRows.COLUMNS + ") values "
                    + String.join(", ", Collections.nCopies(rows, "(?, ?, ?, ?, ?, ?, ?, ?)")));
            inserts[rows] = insert;
        }
        return insert;
    }

    private void copy(CommitBatch batch) throws SQLException {
        CopyIn copy = copies.copyIn(COPY);
        try {
            encoder.encode(batch, copy::writeToCopy);
            copy.endCopy();
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
    }
}
