package io.runtape.journal;

import java.sql.SQLException;

/** Inserts a batch's frames into the table; the one thing that each database does in its own way. */
interface FrameWriter {

    /** Whether {@link #write} would insert all of the batch's frames in one statement, which needs no transaction. */
    boolean isOneStatement(CommitBatch batch);

    /** Inserts the frames of all writes of the batch. */
    void write(CommitBatch batch) throws SQLException;
}
