package io.runtape.journal.sql;

import java.sql.SQLException;

/** Inserts a batch's frames into the table, in the way of each database. */
interface FrameWriter {

    /**
     * Inserts the frames of a batch that holds only frames, and checks the fence, as one statement in auto-commit mode.
     * Returns false, having done nothing, if it cannot do so for this batch.
     *
     * @throws SQLException if the epoch is over
     */
    boolean writesFenced(CommitBatch batch) throws SQLException;

    /** Inserts the frames of all writes of the batch, in the caller's transaction. */
    void write(CommitBatch batch) throws SQLException;
}
